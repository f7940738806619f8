-- computes what `conformite_commune` builds: reads a mart, a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}
{%- set adds = builds_on_model('conformite_commune') %}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with
{% if adds %}
scope as (
    select distinct annee from {{ ref('int_qualite_eau__scope') }}
    where modele = 'conformite_commune'
),

-- a year's trend needs the year before
annees as (
    select annee - 1 as annee from scope
    union
    select annee from scope
    union
    select annee + 1 as annee from scope
),

{% endif %}
-- a sample stands for several networks, and a commune has several
final as (
    select
        dessertes.annee,
        dessertes.code_insee,
        prelevements.referenceprel,
        max(case when prelevements.plvconformitebacterio = 'N' then 1 else 0 end) as bacterio_non,
        max(case when prelevements.plvconformitebacterio in ('C', 'D', 'N') then 1 else 0 end) as bacterio,
        max(case when prelevements.plvconformitechimique = 'N' then 1 else 0 end) as chimie_non,
        max(case when prelevements.plvconformitechimique in ('C', 'D', 'N') then 1 else 0 end) as chimie
    from {{ ref('int_qualite_eau__dessertes') }} as dessertes
    {% if adds %}
    inner join annees on dessertes.annee = annees.annee
    {% endif %}
    inner join {{ ref('prelevement') }} as prelevements
        on dessertes.annee = prelevements.annee and dessertes.cdreseau = prelevements.cdreseau
    group by dessertes.annee, dessertes.code_insee, prelevements.referenceprel
)

select * from final
