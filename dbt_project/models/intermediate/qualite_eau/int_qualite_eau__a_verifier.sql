-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'prelevement'}) }}

with perimetre as (
    select distinct annee from {{ ref('int_qualite_eau__perimetre') }}
    where modele = 'prelevement:tests'
),

final as (
    select prelevements.*
    from {{ ref('prelevement') }} as prelevements
    inner join perimetre on prelevements.annee = perimetre.annee
)

select * from final
