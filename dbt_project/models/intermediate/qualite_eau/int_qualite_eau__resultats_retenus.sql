-- computes the rows that `resultat_analyse` builds
{{ config(materialized='ephemeral') }}
{%- set key = 'lignes.referenceprel, lignes.cdparametresiseeaux, lignes.referenceanl, lignes.annee' %}
{%- set same_key -%}
    lignes.referenceprel = repetees.referenceprel
    and lignes.cdparametresiseeaux = repetees.cdparametresiseeaux
    and lignes.referenceanl = repetees.referenceanl
    and lignes.annee = repetees.annee
{%- endset %}
{%- set columns = [
    'rqana', 'valtraduite', 'insituana', 'limitequal', 'refqual', 'cdunitereferencesiseeaux', 'cddept',
] %}

-- The loops below write their own lines, whose indent sqlfluff cannot tell.
-- noqa: disable=LT02
with repetees as (
    select {{ key }}
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build('resultat_analyse') }}
    group by {{ key }}
    having count(*) > 1
),

-- a key that stands once needs no ranking: nearly all of them
uniques as (
    select
        lignes.*,
        1 as lignes,
        1 as identiques,
        1 as rang
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build('resultat_analyse') }}
    left join repetees on {{ same_key }}
    where
        repetees.referenceprel is null
        and lignes.referenceprel is not null and lignes.cdparametresiseeaux is not null
),

classees as (
    select
        lignes.*,
        count(*) over (partition by {{ key }}) as lignes,
        count(*) over (
            partition by
                {%- for column in columns %}
                lignes.{{ column }},
                {%- endfor %}
                {{ key }}
        ) as identiques,
        row_number() over (
            partition by {{ key }}
            order by
                -- the highest value stands
                {{ decimal_or_null('lignes.rqana') }} desc nulls last,
                -- the rest only makes the order total
                {%- for column in columns %}
                lignes.{{ column }} asc{{ "," if not loop.last }}
                {%- endfor %}
        ) as rang
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build('resultat_analyse') }}
    inner join repetees on {{ same_key }}
),

final as (
    select * from uniques
    union all
    select * from classees
    where rang = 1
)

select * from final
