-- computes the rows that `prelevement` builds
{{ config(materialized='ephemeral') }}
{%- set verdicts = [
    'plvconformitebacterio', 'plvconformitechimique', 'plvconformitereferencebact', 'plvconformitereferencechim',
] %}
{%- set others = [
    'pourcentdebit', 'cdreseauamont', 'nomreseauamont', 'inseecommuneprinc', 'nomcommuneprinc', 'cddept', 'dateprel',
    'heureprel', 'conclusionprel', 'ugelib', 'distrlib', 'moalib',
] %}

-- The loops below write their own lines, whose indent sqlfluff cannot tell.
-- noqa: disable=LT02
with classees as (
    select
        lignes.*,
        count(*) over (partition by lignes.referenceprel, lignes.cdreseau, lignes.annee) as lignes,
        count(*) over (
            partition by
                {%- for column in verdicts + others %}
                lignes.{{ column }},
                {%- endfor %}
                lignes.referenceprel, lignes.cdreseau, lignes.annee
        ) as identiques,
        row_number() over (
            partition by lignes.referenceprel, lignes.cdreseau, lignes.annee
            order by
                -- the worst verdict stands
                case
                    when
                        {%- for column in verdicts %}
                        {{ "or " if not loop.first }}lignes.{{ column }} = 'N'
                        {%- endfor %}
                        then 0
                    else 1
                end asc,
                -- the rest only makes the order total
                {%- for column in verdicts + others %}
                lignes.{{ column }} asc{{ "," if not loop.last }}
                {%- endfor %}
        ) as rang
    from {{ ref('stg_qualite_eau__prelevements') }} as lignes
    {{ years_to_build('prelevement') }}
    where lignes.referenceprel is not null and lignes.cdreseau is not null and lignes.dateprel is not null
),

final as (
    select * from classees
    where rang = 1
)

select * from final
