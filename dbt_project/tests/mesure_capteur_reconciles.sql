{{ config(group='capteurs') }}

-- One row per month in which the values read are not those of mesure_capteur and those that another statut
-- of the same instant stands for. Of the values that no run has tested yet and that are kept; a null is none.
with scope as (
    select * from {{ ref('int_capteurs__scope') }}
    where modele = 'mesure_capteur:tests'
),

conservees as (
    select max(depuis) as depuis from {{ source('control', 'conservation') }}
    where domaine = 'capteurs'
),

instants as (
    select
        mesures.instant,
        count(*) as lues
    from {{ ref('int_capteurs__mesures') }} as mesures
    inner join scope
        on
            mesures.code_capteur = scope.code_capteur
            and mesures.grandeur = scope.grandeur
            and mesures.instant >= scope.depuis
    where mesures.valeur is not null
    group by mesures.code_capteur, mesures.grandeur, mesures.instant
),

comptes as (
    select
        'observations_tr, chroniques_tr' as source,
        {{ month_of(utc_day('instants.instant')) }} as mois,
        sum(instants.lues) as lues,
        0 as gardees,
        0 as refusees,
        sum(instants.lues - 1) as remplacees
    from instants
    cross join conservees
    where conservees.depuis is null or instants.instant >= conservees.depuis
    group by {{ month_of(utc_day('instants.instant')) }}
    union all
    select
        'observations_tr, chroniques_tr' as source,
        {{ month_of(utc_day('mesures.instant')) }} as mois,
        0 as lues,
        count(*) as gardees,
        0 as refusees,
        0 as remplacees
    from {{ ref('int_capteurs__a_verifier') }} as mesures
    cross join conservees
    where conservees.depuis is null or mesures.instant >= conservees.depuis
    group by {{ month_of(utc_day('mesures.instant')) }}
),

{{ uncounted('mesure_capteur', 'capteurs') }}
