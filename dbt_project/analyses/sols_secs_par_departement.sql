-- In which départements is the soil driest now, against the same days of the years before? swi: 0 is the
-- wilting point, 1 the field capacity. A cell counts for the département of the piezometers in it.
with mailles as (
    select distinct
        code_departement,
        nom_departement,
        lambx,
        lamby
    from {{ ref('info_nappe') }}
    where lambx is not null
),

fenetre as (
    select max(date) as fin from {{ ref('meteo') }}
),

moyennes as (
    select
        mailles.code_departement,
        mailles.nom_departement,
        extract(year from meteo.date) = extract(year from fenetre.fin) as maintenant,
        avg(meteo.swi) as swi
    from mailles
    inner join {{ ref('meteo') }} as meteo on mailles.lambx = meteo.lambx and mailles.lamby = meteo.lamby
    cross join fenetre
    -- the same calendar days of each year: up to the last one, of the same month
    where
        extract(month from meteo.date) = extract(month from fenetre.fin)
        and extract(day from meteo.date) <= extract(day from fenetre.fin)
    group by
        mailles.code_departement,
        mailles.nom_departement,
        extract(year from meteo.date) = extract(year from fenetre.fin)
),

final as (
    select
        code_departement,
        nom_departement,
        max(swi) filter (where maintenant) as swi_actuel,
        max(swi) filter (where not maintenant) as swi_des_autres_annees,
        max(swi) filter (where maintenant) - max(swi) filter (where not maintenant) as ecart
    from moyennes
    group by code_departement, nom_departement
)

select * from final
order by ecart nulls last, code_departement
