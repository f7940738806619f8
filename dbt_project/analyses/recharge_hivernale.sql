-- Which winters (September to March) refilled the groundwater? Drainage below the roots, in mm, mean over
-- the grid.
with hivers as (
    select
        -- the winter is named after the year in which it ends
        cast(extract(year from mois + interval '4 months') as integer) as hiver,
        count(distinct mois) as mois_comptes,
        count(distinct mois) * avg(drainc) as recharge_mm
    from {{ ref('meteo_mensuelle') }}
    where extract(month from mois) not between 4 and 8
    group by extract(year from mois + interval '4 months')
),

final as (
    select
        *,
        recharge_mm / nullif(avg(recharge_mm) filter (where mois_comptes = 7) over (), 0) as rapport
    from hivers
)

select * from final
order by hiver
