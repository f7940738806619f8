{{ config(materialized='view') }}

with final as (
    select
        modele,
        construit_le
    from {{ source('control', 'construction') }}
    where usage in ('marts', 'history')
)

select * from final
