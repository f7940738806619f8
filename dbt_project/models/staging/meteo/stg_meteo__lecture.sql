with source as (
    select * from {{ source('raw_meteo', 'lecture') }}
),

renamed as (
    select
        -- key
        paquet,
        nom_du_fichier,

        -- the file at its provider
        url,
        modifie_le,
        longueur,
        etag,

        -- what was read
        lignes,
        refusees,
        mailles,
        date_min,
        date_max,
        colonnes_nouvelles,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
