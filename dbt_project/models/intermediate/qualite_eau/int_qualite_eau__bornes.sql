-- reads a table: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}

with final as (
    select
        limitequal as texte,
        limite_min as minimum,
        limite_max as maximum
    from {{ ref('int_qualite_eau__parametres_publies') }}
    where limite_min is not null or limite_max is not null
    union
    select
        refqual as texte,
        reference_min as minimum,
        reference_max as maximum
    from {{ ref('int_qualite_eau__parametres_publies') }}
    where reference_min is not null or reference_max is not null
)

select * from final
