-- How many months does a piezometer take to answer to the rain that reaches the ground (pe, effective
-- rainfall)? For each delay of 0 to 6 months, the correlation of the month's change of level with the rain
-- of its cell; the delay of the strongest is kept. Under 24 months in common the figure says little.
with changements as (
    select
        code_bss,
        mois,
        niveau_moyen - lag(niveau_moyen) over (partition by code_bss order by mois) as hausse_m,
        lag(mois) over (partition by code_bss order by mois) = mois - interval '1 month' as suit
    from {{ ref('nappe_mensuelle') }}
),

pluies as (
    select
        stations.code_bss,
        meteo.mois,
        meteo.pe
    from {{ ref('info_nappe') }} as stations
    inner join {{ ref('meteo_mensuelle') }} as meteo
        on stations.lambx = meteo.lambx and stations.lamby = meteo.lamby
    where meteo.jours = meteo.jours_du_mois
),

correlations as (
    select
        changements.code_bss,
        retards.mois_de_retard,
        corr(changements.hausse_m, pluies.pe) as correlation,
        count(*) as mois_communs
    from changements
    cross join generate_series(0, 6) as retards (mois_de_retard)
    inner join pluies
        on
            changements.code_bss = pluies.code_bss
            and changements.mois = pluies.mois + make_interval(months => retards.mois_de_retard)
    where changements.suit
    group by changements.code_bss, retards.mois_de_retard
),

final as (
    select distinct on (code_bss)
        code_bss,
        mois_de_retard,
        correlation,
        mois_communs
    from correlations
    where correlation is not null
    order by code_bss asc, correlation desc
)

select * from final
order by mois_de_retard, code_bss
