-- computes the rows that `meteo` builds
{{ config(materialized='ephemeral') }}
{%- set adds = builds_on_model('meteo') %}
-- depends_on: {{ ref('int_meteo__scope') }}

with
{% if adds %}
scope as (
    select date from {{ ref('int_meteo__scope') }}
    where modele = 'meteo'
),

{% endif %}
fichiers as (
    select fichiers.*
    from {{ ref('int_meteo__fichiers_courants') }} as fichiers
    {% if adds %}
    where
        exists (
            select 1 from scope
            where scope.date between fichiers.date_min and fichiers.date_max
        )
    {% endif %}
),

partagees as (
    select partagees.date
    from {{ ref('int_meteo__dates_partagees') }} as partagees
    {% if adds %}
    inner join scope on partagees.date = scope.date
    {% endif %}
),

-- a date that one file covers needs no ranking: most of the history
seules as (
    select lignes.*
    from {{ ref('stg_meteo__quotidien') }} as lignes
    {% if adds %}
    inner join fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join scope on lignes.date = scope.date
    {% endif %}
    left join partagees on lignes.date = partagees.date
    where partagees.date is null
),

-- for the dates of several files, only their files are read again: as a rule the current year and `latest`
classees as (
    select
        lignes.*,
        row_number() over (
            partition by lignes.lambx, lignes.lamby, lignes.date
            order by fichiers.rang
        ) as rang
    from {{ ref('stg_meteo__quotidien') }} as lignes
    inner join fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join partagees on lignes.date = partagees.date
    where
        exists (
            select 1 from partagees as dates
            where dates.date between fichiers.date_min and fichiers.date_max
        )
),

final as (
    select
        *,
        cast(1 as {{ dbt.type_bigint() }}) as rang
    from seules
    union all
    select * from classees
    where rang = 1
)

select * from final
