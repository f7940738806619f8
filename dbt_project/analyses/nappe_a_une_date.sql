-- What did nappe say of each piezometer's last level on a given day?
-- The day: dbt show -s nappe_a_une_date --vars '{jour: 2026-01-31}'; now, when none is given.
{%- set instant = "cast('" ~ var("jour") ~ "' as timestamp)" if var("jour", none) else "current_timestamp" %}
with versions as (
    select
        *,
        row_number() over (partition by code_bss order by date_mesure desc) as rang
    from {{ ref('nappe_historique') }}
    where
        dbt_valid_from <= {{ instant }}
        and (dbt_valid_to is null or {{ instant }} < dbt_valid_to)
),

final as (
    select
        code_bss,
        date_mesure,
        niveau_nappe_eau,
        statut,
        qualification
    from versions
    where rang = 1
)

select * from final
order by code_bss
