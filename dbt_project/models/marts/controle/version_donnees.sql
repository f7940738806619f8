{{ config(materialized='view') }}

with constructions as (
    select * from {{ source('control', 'construction') }}
),

final as (
    select
        modele,
        construit_le
    from constructions
    -- the others are marks of the tests, and tables between staging and marts
    where modele not like '%:%' and modele not like 'int_%'
)

select * from final
