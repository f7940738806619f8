with source as (
    select * from {{ source('raw_qualite_eau', 'rejet') }}
),

renamed as (
    select
        paquet,
        nom_du_fichier,
        membre,
        ligne,
        nullif(colonne, '') as colonne,
        motif,
        texte
    from source
),

final as (
    select * from renamed
)

select * from final
