{{ config(
    incremental_strategy='upsert',
    unique_key=['lambx', 'lamby'],
) }}

with mailles as (
    select * from {{ ref('stg_meteo__maille') }}
),

final as (
    select
        lambx,
        lamby,
        x_lambert2,
        y_lambert2,
        x_lambert93,
        y_lambert93,
        longitude,
        latitude
    from mailles
)

select * from final
