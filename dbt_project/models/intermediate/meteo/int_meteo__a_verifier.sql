-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'meteo'}) }}

with scope as (
    select date from {{ ref('int_meteo__scope') }}
    where modele = 'meteo:tests'
),

final as (
    select meteo.*
    from {{ ref('meteo') }} as meteo
    inner join scope on meteo.date = scope.date
)

select * from final
