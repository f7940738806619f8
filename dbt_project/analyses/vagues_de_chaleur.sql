-- When was it hot for three days on end or more, and over how much of the grid at most? A day is hot when a
-- tenth of the cells or more reach 30 °C.
with jours as (
    select
        date,
        avg(case when tsup_h >= 30 then 1.0 else 0.0 end) as part_des_mailles,
        max(tsup_h) as tsup_max
    from {{ ref('meteo') }}
    group by date
),

-- the date less its rank is the same for days that follow each other
chauds as (
    select
        *,
        date - cast(row_number() over (order by date) as integer) as suite
    from jours
    where part_des_mailles >= 0.1
),

final as (
    select
        min(date) as debut,
        max(date) as fin,
        count(*) as jours,
        max(part_des_mailles) as part_des_mailles_max,
        max(tsup_max) as temperature_max
    from chauds
    group by suite
    having count(*) >= 3
)

select * from final
order by debut desc
