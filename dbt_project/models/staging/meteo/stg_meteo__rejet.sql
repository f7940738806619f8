with source as (
    select * from {{ source('raw_meteo', 'rejet') }}
),

renamed as (
    select
        cast(paquet as text) as paquet,
        cast(nom_du_fichier as text) as nom_du_fichier,
        ligne,
        nullif(cast(colonne as text), '') as colonne,
        cast(motif as text) as motif,
        cast(texte as text) as texte
    from source
),

final as (
    select * from renamed
)

select * from final
