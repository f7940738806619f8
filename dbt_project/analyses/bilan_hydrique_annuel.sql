-- What becomes of the rain of a year: how much evaporates, drains to the groundwater, runs off? Means over
-- the grid, in mm; the shares are of the precipitation.
with annees as (
    select
        cast(extract(year from mois) as integer) as annee,
        count(distinct mois) as mois_comptes,
        count(distinct mois) * avg(precipitation) as precipitation_mm,
        count(distinct mois) * avg(evap) as evaporation_mm,
        count(distinct mois) * avg(drainc) as drainage_mm,
        count(distinct mois) * avg(runc) as ruissellement_mm
    from {{ ref('meteo_mensuelle') }}
    group by extract(year from mois)
),

final as (
    select
        *,
        evaporation_mm / nullif(precipitation_mm, 0) as part_evaporee,
        drainage_mm / nullif(precipitation_mm, 0) as part_drainee
    from annees
)

select * from final
order by annee
