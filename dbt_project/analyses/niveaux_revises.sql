-- Which levels were revised in the last 30 days, and what did they say before?
with versions as (
    select * from {{ ref('nappe_historique') }}
),

revisees as (
    select * from versions
    where dbt_valid_from >= current_timestamp - interval '30' day
),

final as (
    select
        apres.code_bss,
        apres.date_mesure,
        apres.dbt_valid_from as revise_le,
        avant.niveau_nappe_eau as niveau_avant,
        apres.niveau_nappe_eau as niveau_apres,
        avant.statut as statut_avant,
        apres.statut as statut_apres,
        avant.qualification as qualification_avant,
        apres.qualification as qualification_apres
    from revisees as apres
    inner join versions as avant
        on
            apres.code_bss = avant.code_bss
            and apres.date_mesure = avant.date_mesure
            and apres.dbt_valid_from = avant.dbt_valid_to
)

select * from final
order by abs(niveau_apres - niveau_avant) desc nulls last, code_bss asc, date_mesure asc
