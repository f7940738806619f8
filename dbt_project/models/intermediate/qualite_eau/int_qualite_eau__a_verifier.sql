-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'prelevement'}) }}

with scope as (
    select distinct annee from {{ ref('int_qualite_eau__scope') }}
    where modele = 'prelevement:tests'
),

final as (
    select prelevements.*
    from {{ ref('prelevement') }} as prelevements
    inner join scope on prelevements.annee = scope.annee
)

select * from final
