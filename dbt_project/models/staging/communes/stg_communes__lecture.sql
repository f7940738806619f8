with source as (
    select * from {{ source('raw_communes', 'lecture') }}
),

renamed as (
    select
        -- key
        paquet,

        -- the list at its provider
        url,
        modifie_le,

        -- what was read
        lignes,
        refusees,
        colonnes_nouvelles,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
