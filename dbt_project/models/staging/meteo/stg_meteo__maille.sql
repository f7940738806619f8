with source as (
    select * from {{ source('raw_meteo', 'maille') }}
),

renamed as (
    select
        -- key
        cast(lambx as integer) as lambx,
        cast(lamby as integer) as lamby,

        -- the same point in other systems
        x_lambert2,
        y_lambert2,
        x_lambert93,
        y_lambert93,
        longitude,
        latitude
    from source
),

final as (
    select * from renamed
)

select * from final
