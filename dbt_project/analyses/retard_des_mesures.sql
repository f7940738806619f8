-- How late do the measures of each producer come? Days between a station's last measure and the newest of
-- all.
with dernieres as (
    select
        code_bss,
        max(date_mesure) as derniere
    from {{ ref('nappe') }}
    group by code_bss
),

-- a station may change its producer: the last one answers for it
avec_producteur as (
    select
        dernieres.code_bss,
        nappe.code_producteur,
        (select max(autres.derniere) from dernieres as autres) - dernieres.derniere as retard_jours
    from dernieres
    inner join {{ ref('nappe') }} as nappe
        on dernieres.code_bss = nappe.code_bss and dernieres.derniere = nappe.date_mesure
),

final as (
    select
        avec_producteur.code_producteur,
        producteurs.nom_producteur,
        count(*) as stations,
        percentile_cont(0.5) within group (order by avec_producteur.retard_jours) as retard_median_jours,
        max(avec_producteur.retard_jours) as retard_max_jours
    from avec_producteur
    left join {{ ref('producteur') }} as producteurs
        on avec_producteur.code_producteur = producteurs.code_producteur
    group by avec_producteur.code_producteur, producteurs.nom_producteur
)

select * from final
order by retard_median_jours desc, code_producteur asc
