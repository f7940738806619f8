-- How long does snow lie, and how much? For each cell and winter (July to June), the days with 1 cm or
-- more.
with hivers as (
    select
        lambx,
        lamby,
        cast(extract(year from date + interval '6 months') as integer) as hiver,
        count(*) filter (where hteurneige >= 0.01) as jours_de_neige,
        max(hteurneige) as hauteur_max_m,
        max(resr_neige) as reserve_max_mm
    from {{ ref('meteo') }}
    group by lambx, lamby, extract(year from date + interval '6 months')
),

final as (
    select
        hivers.hiver,
        hivers.lambx,
        hivers.lamby,
        mailles.longitude,
        mailles.latitude,
        hivers.jours_de_neige,
        hivers.hauteur_max_m,
        hivers.reserve_max_mm
    from hivers
    inner join {{ ref('localisation') }} as mailles
        on hivers.lambx = mailles.lambx and hivers.lamby = mailles.lamby
    where hivers.jours_de_neige > 0
)

select * from final
order by jours_de_neige desc, hiver asc, lambx asc, lamby asc
limit 100
