with source as (
    select * from {{ source('raw_qualite_eau', 'rejet') }}
),

renamed as (
    select
        paquet,
        membre as objet,
        concat_ws(', ', nom_du_fichier, 'ligne ' || ligne, 'colonne ' || nullif(colonne, '')) as reference,
        motif,
        texte
    from source
),

final as (
    select * from renamed
)

select * from final
