{{ config(materialized='view') }}

with constructions as (
    select * from {{ source('control', 'construction') }}
),

final as (
    select
        modele,
        construit_le
    from constructions
    -- the others are marks of the tests
    where modele not like '%:%'
)

select * from final
