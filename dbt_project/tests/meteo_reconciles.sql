{{ config(group='meteo') }}

-- One row per month in which the lines loaded are not the rows of meteo and those that a newer file stands
-- for. Of the dates that no run has tested yet. What the parser refused is not loaded: see rejet_reconciles.
with scope as (
    select date from {{ ref('int_meteo__scope') }}
    where modele = 'meteo:tests'
),

lignes as (
    select
        lignes.lambx,
        lignes.lamby,
        lignes.date
    from {{ ref('stg_meteo__quotidien') }} as lignes
    inner join {{ ref('int_meteo__fichiers_courants') }} as fichiers
        on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join scope on lignes.date = scope.date
    where
        exists (
            select 1 from scope as dates
            where dates.date between fichiers.date_min and fichiers.date_max
        )
),

-- only where files overlap can a line stand for another
remplacees as (
    select
        lignes.date,
        count(*) - 1 as remplacees
    from lignes
    inner join {{ ref('int_meteo__dates_partagees') }} as partagees on lignes.date = partagees.date
    group by lignes.lambx, lignes.lamby, lignes.date
),

comptes as (
    select
        'sim2' as source,
        {{ month_of('date') }} as mois,
        count(*) as lues,
        0 as gardees,
        0 as refusees,
        0 as remplacees
    from lignes
    group by {{ month_of('date') }}
    union all
    select
        'sim2' as source,
        {{ month_of('date') }} as mois,
        0 as lues,
        0 as gardees,
        0 as refusees,
        sum(remplacees) as remplacees
    from remplacees
    group by {{ month_of('date') }}
    union all
    select
        'sim2' as source,
        {{ month_of('date') }} as mois,
        0 as lues,
        count(*) as gardees,
        0 as refusees,
        0 as remplacees
    from {{ ref('int_meteo__a_verifier') }}
    group by {{ month_of('date') }}
),

{{ uncounted('meteo', 'meteo') }}
