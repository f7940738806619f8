-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'meteo'}) }}

with perimetre as (
    select date from {{ ref('int_meteo__perimetre') }}
    where modele = 'meteo:tests'
),

final as (
    select meteo.*
    from {{ ref('meteo') }} as meteo
    inner join perimetre on meteo.date = perimetre.date
)

select * from final
