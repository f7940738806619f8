-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}

with stations as (
    select
        code_bss,
        x_lambert2 / 100 as x,
        y_lambert2 / 100 as y
    from {{ ref('stg_piezometrie__stations') }}
    where x_lambert2 is not null and y_lambert2 is not null
),

-- hectometres; a cell is 80 wide
mailles_voisines as (
    select
        stations.code_bss,
        mailles.lambx,
        mailles.lamby,
        sqrt(power(mailles.lambx - stations.x, 2) + power(mailles.lamby - stations.y, 2)) as distance
    from stations
    inner join {{ ref('localisation') }} as mailles
        on
            mailles.lambx between stations.x - 80 and stations.x + 80
            and mailles.lamby between stations.y - 80 and stations.y + 80
),

classees as (
    select
        *,
        row_number() over (partition by code_bss order by distance, lambx, lamby) as rang
    from mailles_voisines
    where distance <= 80
),

final as (
    select
        code_bss,
        lambx,
        lamby,
        distance / 10 as distance_maille_km
    from classees
    where rang = 1
)

select * from final
