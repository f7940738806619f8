with source as (
    select * from {{ source('raw_meteo', 'rejet') }}
),

renamed as (
    select
        paquet,
        'quotidien' as objet,
        concat_ws(', ', nom_du_fichier, 'ligne ' || ligne, 'colonne ' || nullif(colonne, '')) as reference,
        motif,
        texte
    from source
),

final as (
    select * from renamed
)

select * from final
