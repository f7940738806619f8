-- How many levels did each build of the last year bring, revise or withdraw?
with versions as (
    select
        code_bss,
        date_mesure,
        dbt_valid_from,
        dbt_valid_to,
        lag(dbt_valid_to) over cle as fin_avant,
        lead(dbt_valid_from) over cle as debut_apres
    from {{ ref('nappe_historique') }}
    window cle as (partition by code_bss, date_mesure order by dbt_valid_from)
),

mouvements as (
    select
        dbt_valid_from as construit_le,
        case when fin_avant = dbt_valid_from then 'revised' else 'new' end as mouvement
    from versions
    union all
    select
        dbt_valid_to as construit_le,
        'withdrawn' as mouvement
    from versions
    where dbt_valid_to is not null and coalesce(debut_apres > dbt_valid_to, true)
),

final as (
    select
        construit_le,
        count(case when mouvement = 'new' then 1 end) as nouveaux,
        count(case when mouvement = 'revised' then 1 end) as revises,
        count(case when mouvement = 'withdrawn' then 1 end) as retires
    from mouvements
    where construit_le >= current_timestamp - interval '1' year
    group by construit_le
)

select * from final
order by construit_le
