-- Where does each piezometer stand, against the same month of the years before? rang_centile: share of
-- those months that were lower (0: never so low, 1: never so high). The standardised index says it too,
-- where a series has the 15 years that it takes.
with derniers as (
    select distinct on (code_bss) *
    from {{ ref('indicateur_piezometrique') }}
    order by code_bss asc, mois desc
),

comparees as (
    select
        derniers.code_bss,
        derniers.mois,
        derniers.niveau_moyen,
        derniers.ips,
        derniers.classe,
        avg(avant.niveau_moyen) as normale,
        count(avant.niveau_moyen) as annees,
        avg(case when avant.niveau_moyen < derniers.niveau_moyen then 1.0 else 0.0 end) as rang_centile
    from derniers
    inner join {{ ref('nappe_mensuelle') }} as avant
        on
            derniers.code_bss = avant.code_bss
            and extract(month from derniers.mois) = extract(month from avant.mois)
            and derniers.mois > avant.mois
    group by derniers.code_bss, derniers.mois, derniers.niveau_moyen, derniers.ips, derniers.classe
),

final as (
    select
        stations.code_departement,
        stations.libelle_pe,
        comparees.code_bss,
        comparees.mois,
        comparees.niveau_moyen as niveau_m_ngf,
        comparees.niveau_moyen - comparees.normale as ecart_m,
        comparees.rang_centile,
        comparees.annees,
        comparees.ips,
        comparees.classe
    from comparees
    inner join {{ ref('info_nappe') }} as stations on comparees.code_bss = stations.code_bss
)

select * from final
order by rang_centile, code_bss
