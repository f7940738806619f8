with source as (
    select * from {{ source('raw_piezometrie', 'codes') }}
),

renamed as (
    select
        -- key
        entite,
        code,

        -- as published
        nullif(nom, '') as nom,

        -- reading
        paquet
    from source
    where code <> ''
),

final as (
    select * from renamed
)

select * from final
