-- Which months were the wettest over the whole grid, and how do they compare with the same month of other
-- years? A ratio of 1.5 is half as much again as the mean of that calendar month.
with par_mois as (
    select
        mois,
        avg(precipitation) as pluie_mm
    from {{ ref('meteo_mensuelle') }}
    where jours = jours_du_mois
    group by mois
),

final as (
    select
        mois,
        pluie_mm,
        avg(pluie_mm) over (partition by extract(month from mois)) as normale_mm,
        pluie_mm / avg(pluie_mm) over (partition by extract(month from mois)) as rapport
    from par_mois
)

select * from final
order by pluie_mm desc
limit 20
