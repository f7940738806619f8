{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'date_mesure'],
    meta={
        'perimetre': 'int_piezometrie__perimetre',
        'portee': 'cible.code_bss = perimetre.code_bss and cible.date_mesure >= perimetre.depuis',
    },
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['meteo', 'nappe']) }}",
) }}

with stations as (
    select
        code_bss,
        lambx,
        lamby
    from {{ ref('info_nappe') }}
),

perimetre as (
    {{ stations_to_build('piezo_meteo', 'date_mesure') }}
),

jours as (
    select
        nappe.code_bss,
        nappe.date_mesure
    from {{ ref('nappe') }} as nappe
    inner join perimetre on nappe.code_bss = perimetre.code_bss and nappe.date_mesure >= perimetre.depuis
    {% if is_incremental() or not execute %} {#- when it parses, dbt has to see every ref #}
    union
    -- the weather of a day counts in the sums of the 89 days that follow
    select
        nappe.code_bss,
        nappe.date_mesure
    from {{ ref('nappe') }} as nappe
    inner join (
        select distinct cast(suite.jour as date) as jour
        from {{ ref('int_meteo__perimetre') }} as meteo
        cross join {{ days_between('meteo.date', '(meteo.date + 89)', 'suite') }}
        where meteo.modele = 'piezo_meteo'
    ) as suite on nappe.date_mesure = suite.jour
    union
    -- a station that has moved to another cell
    select
        nappe.code_bss,
        nappe.date_mesure
    from (
        select
            stations.*,
            (
                select min(construites.date_mesure) from {{ this }} as construites
                where construites.code_bss = stations.code_bss
            ) as premier_jour
        from stations
    ) as stations
    inner join {{ this }} as construites
        on stations.code_bss = construites.code_bss and stations.premier_jour = construites.date_mesure
    inner join {{ ref('nappe') }} as nappe on stations.code_bss = nappe.code_bss
    where
        coalesce(stations.lambx, 0) <> coalesce(construites.lambx, 0)
        or coalesce(stations.lamby, 0) <> coalesce(construites.lamby, 0)
    {% endif %}
),

mailles as (
    select
        stations.lambx,
        stations.lamby,
        min(jours.date_mesure) - 89 as debut,
        max(jours.date_mesure) as fin
    from jours
    inner join stations on jours.code_bss = stations.code_bss
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
        count(pluie) over semaine as jours_7,
        sum(pluie) over semaine as pluie_7,
        count(pluie) over mois as jours_30,
        sum(pluie) over mois as pluie_30,
        count(pluie) over trimestre as jours_90,
        sum(pluie) over trimestre as pluie_90
    from temps
    window
        semaine as (
            partition by lambx, lamby order by date
            range between interval '6' day preceding and current row
        ),
        mois as (
            partition by lambx, lamby order by date
            range between interval '29' day preceding and current row
        ),
        trimestre as (
            partition by lambx, lamby order by date
            range between interval '89' day preceding and current row
        )
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
        case when cumuls.jours_7 = 7 then {{ as_double('cumuls.pluie_7') }} end as pluie_7j,
        case when cumuls.jours_30 = 30 then {{ as_double('cumuls.pluie_30') }} end as pluie_30j,
        case when cumuls.jours_90 = 90 then {{ as_double('cumuls.pluie_90') }} end as pluie_90j
    from jours
    inner join {{ ref('nappe') }} as nappe
        on jours.code_bss = nappe.code_bss and jours.date_mesure = nappe.date_mesure
    inner join stations on jours.code_bss = stations.code_bss
    left join cumuls
        on
            stations.lambx = cumuls.lambx
            and stations.lamby = cumuls.lamby
            and jours.date_mesure = cumuls.date
)

select * from final
