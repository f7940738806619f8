-- Do levels fall or rise in the long run? Slope of the yearly means, in m per ten years; r2 says how
-- straight the line is. A year counts with 6 months measured or more.
with annuels as (
    select
        code_bss,
        cast(extract(year from mois) as integer) as annee,
        avg(niveau_moyen) as niveau
    from {{ ref('nappe_mensuelle') }}
    group by code_bss, extract(year from mois)
    having count(niveau_moyen) >= 6
),

final as (
    select
        code_bss,
        count(*) as annees,
        10 * regr_slope(niveau, annee) as pente_m_par_decennie,
        regr_r2(niveau, annee) as r2
    from annuels
    group by code_bss
    having count(*) >= 2
)

select * from final
order by pente_m_par_decennie, code_bss
