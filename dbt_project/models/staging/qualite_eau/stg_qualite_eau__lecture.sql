with source as (
    select * from {{ source('raw_qualite_eau', 'lecture') }}
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
        cast(annee as integer) as annee,
        com_udi,
        plv,
        result,
        refusees,
        colonnes_nouvelles,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
