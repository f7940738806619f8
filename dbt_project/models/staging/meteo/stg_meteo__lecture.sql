with source as (
    select * from {{ source('raw_meteo', 'lecture') }}
),

renamed as (
    select
        -- key
        cast(paquet as text) as paquet,
        cast(nom_du_fichier as text) as nom_du_fichier,

        -- the file at its provider
        cast(url as text) as url,
        modifie_le,
        longueur,
        cast(etag as text) as etag,

        -- what was read
        lignes,
        refusees,
        mailles,
        date_min,
        date_max,
        cast(colonnes_nouvelles as text) as colonnes_nouvelles,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
