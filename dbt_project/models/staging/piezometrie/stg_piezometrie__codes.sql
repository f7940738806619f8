with source as (
    select * from {{ source('raw_piezometrie', 'codes') }}
),

renamed as (
    select
        -- key
        cast(entite as text) as entite,
        cast(code as text) as code,

        -- as published
        nullif(cast(nom as text), '') as nom,

        -- reading
        cast(paquet as text) as paquet
    from source
    where code <> ''
),

final as (
    select * from renamed
)

select * from final
