{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'date_mesure'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.date_mesure >= scope.depuis',
    },
) }}

with jours as (
    {{ days_to_build() }}
),

mailles as (
    select
        stations.lambx,
        stations.lamby,
        min(jours.date_mesure) - 89 as debut,
        max(jours.date_mesure) as fin
    from jours
    inner join {{ ref('info_nappe') }} as stations on jours.code_bss = stations.code_bss
    where stations.lambx is not null
    group by stations.lambx, stations.lamby
),

temps as (
    select
        meteo.lambx,
        meteo.lamby,
        meteo.date,
        meteo.t,
        {{ rounded('meteo.preliq + meteo.prenei') }} as precipitation,
        meteo.etp,
        meteo.swi,
        -- a decimal adds up to the same sum in any order
        cast(meteo.preliq + meteo.prenei as decimal(12, 4)) as pluie
    from mailles
    inner join {{ ref('meteo') }} as meteo
        on
            mailles.lambx = meteo.lambx
            and mailles.lamby = meteo.lamby
            and meteo.date between mailles.debut and mailles.fin
),

cumuls as (
    select
        *,
        {{ rain_before(7) }} as pluie_7j,
        {{ rain_before(30) }} as pluie_30j,
        {{ rain_before(90) }} as pluie_90j
    from temps
),

final as (
    select
        jours.code_bss,
        jours.date_mesure,
        nappe.niveau_nappe_eau,
        nappe.profondeur_nappe,
        stations.lambx,
        stations.lamby,
        cumuls.t,
        cumuls.precipitation,
        cumuls.etp,
        cumuls.swi,
        cumuls.pluie_7j,
        cumuls.pluie_30j,
        cumuls.pluie_90j
    from jours
    inner join {{ ref('nappe') }} as nappe
        on jours.code_bss = nappe.code_bss and jours.date_mesure = nappe.date_mesure
    inner join {{ ref('info_nappe') }} as stations on jours.code_bss = stations.code_bss
    left join cumuls
        on
            stations.lambx = cumuls.lambx
            and stations.lamby = cumuls.lamby
            and jours.date_mesure = cumuls.date
)

select * from final
