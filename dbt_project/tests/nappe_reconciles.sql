{{ config(group='piezometrie') }}

-- One row per month in which the measures read are not those of nappe, those refused and those that another
-- measure of the day stands for. Of the rows that no run has tested yet.
with scope as (
    select * from {{ ref('int_piezometrie__scope') }}
    where modele = 'nappe:tests'
),

comptes as (
    select
        'chroniques' as source,
        {{ month_of('mesures.date_mesure') }} as mois,
        count(*) as lues,
        0 as gardees,
        0 as refusees,
        0 as remplacees
    from {{ ref('stg_piezometrie__chroniques') }} as mesures
    inner join scope
        on mesures.code_bss = scope.code_bss and mesures.date_mesure >= scope.depuis
    group by {{ month_of('mesures.date_mesure') }}
    union all
    select
        'chroniques' as source,
        {{ month_of('date_mesure') }} as mois,
        0 as lues,
        count(*) as gardees,
        0 as refusees,
        sum(mesures_du_jour - 1) as remplacees
    from {{ ref('int_piezometrie__a_verifier') }}
    group by {{ month_of('date_mesure') }}
    union all
    select
        'chroniques' as source,
        {{ month_of('orphelines.date_mesure') }} as mois,
        0 as lues,
        0 as gardees,
        count(*) as refusees,
        0 as remplacees
    from {{ ref('int_piezometrie__chroniques_orphelines') }} as orphelines
    inner join scope
        on orphelines.code_bss = scope.code_bss and orphelines.date_mesure >= scope.depuis
    group by {{ month_of('orphelines.date_mesure') }}
),

{{ uncounted('nappe', 'piezometrie') }}
