-- What are the lowest and the highest level ever measured at each piezometer, and when? Values judged
-- incorrect are left out.
with valides as (
    select * from {{ ref('nappe') }}
    where niveau_nappe_eau is not null and (qualification <> 'Incorrecte' or qualification is null)
),

classees as (
    select
        code_bss,
        date_mesure,
        niveau_nappe_eau,
        row_number() over (partition by code_bss order by niveau_nappe_eau, date_mesure) as rang_bas,
        row_number() over (
            partition by code_bss
            order by niveau_nappe_eau desc, date_mesure asc
        ) as rang_haut,
        count(*) over (partition by code_bss) as jours
    from valides
),

final as (
    select
        stations.code_bss,
        stations.libelle_pe,
        max(classees.jours) as jours_mesures,
        max(classees.niveau_nappe_eau) filter (where classees.rang_bas = 1) as niveau_min_m_ngf,
        max(classees.date_mesure) filter (where classees.rang_bas = 1) as date_du_min,
        max(classees.niveau_nappe_eau) filter (where classees.rang_haut = 1) as niveau_max_m_ngf,
        max(classees.date_mesure) filter (where classees.rang_haut = 1) as date_du_max
    from classees
    inner join {{ ref('info_nappe') }} as stations on classees.code_bss = stations.code_bss
    group by stations.code_bss, stations.libelle_pe
)

select * from final
order by code_bss
