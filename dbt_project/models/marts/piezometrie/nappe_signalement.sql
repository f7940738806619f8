{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'nature', 'date_debut'],
    meta={
        'perimetre': 'int_piezometrie__perimetre',
        'portee': 'cible.code_bss = perimetre.code_bss and cible.date_fin >= perimetre.depuis',
    },
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['nappe']) }}",
) }}
{%- set seuils = var('signalement') %}

with perimetre as (
    {{ stations_to_build('nappe_signalement') }}
),

-- what goes on after `depuis` began not long before it, or with the last measure, or is flagged already
reculs as (
    select
        perimetre.code_bss,
        least(
            perimetre.depuis - {{ seuils.jours_plats + seuils.jours_sans_mesure }},
            (
                select max(avant.date_mesure) from {{ ref('nappe') }} as avant
                where avant.code_bss = perimetre.code_bss and avant.date_mesure < perimetre.depuis
            )
        ) as recul
    from perimetre
),

{% if is_incremental() %}
connus as (
    select
        connus.code_bss,
        min(connus.date_debut) as date_debut
    from {{ this }} as connus
    inner join reculs on connus.code_bss = reculs.code_bss and connus.date_fin >= reculs.recul
    group by connus.code_bss
),

departs as (
    select
        reculs.code_bss,
        reculs.recul,
        least(reculs.recul, connus.date_debut) as depart
    from reculs
    left join connus on reculs.code_bss = connus.code_bss
),

{% else %}
departs as (
    select
        code_bss,
        recul,
        recul as depart
    from reculs
),

{% endif %}
mesures as (
    select
        nappe.code_bss,
        nappe.date_mesure,
        nappe.niveau_nappe_eau as niveau,
        nappe.profondeur_nappe as profondeur,
        departs.recul,
        lag(nappe.niveau_nappe_eau) over station as niveau_avant,
        lag(nappe.profondeur_nappe) over station as profondeur_avant,
        lag(nappe.date_mesure) over station as jour_avant
    from {{ ref('nappe') }} as nappe
    inner join departs on nappe.code_bss = departs.code_bss and nappe.date_mesure >= departs.depart
    where nappe.niveau_nappe_eau is not null
    window station as (partition by nappe.code_bss order by nappe.date_mesure)
),

signes as (
    select
        *,
        'profondeur répète le niveau' as nature,
        coalesce(niveau_avant = profondeur_avant, false) as suite
    from mesures
    where niveau = profondeur
    union all
    select
        *,
        'série plate' as nature,
        coalesce(
            niveau = niveau_avant and jour_avant >= date_mesure - {{ seuils.jours_sans_mesure }},
            false
        ) as suite
    from mesures
    union all
    select
        *,
        'saut' as nature,
        false as suite
    from mesures
    where abs(niveau - niveau_avant) > {{ seuils.saut_m }} and jour_avant = date_mesure - 1
),

numerotes as (
    select
        *,
        sum(case when suite then 0 else 1 end) over jours as numero
    from signes
    window jours as (partition by code_bss, nature order by date_mesure)
),

series as (
    select
        code_bss,
        nature,
        min(date_mesure) as date_debut,
        max(date_mesure) as date_fin,
        count(*) as mesures,
        min(recul) as recul,
        case when nature = 'saut' then max(niveau_avant) end as niveau_avant,
        case when nature <> 'profondeur répète le niveau' then max(niveau) end as niveau
    from numerotes
    group by code_bss, nature, numero
),

final as (
    select
        code_bss,
        nature,
        date_debut,
        date_fin,
        cast(mesures as integer) as mesures,
        niveau_avant,
        niveau
    from series
    where
        date_fin >= recul
        and case nature
            when 'série plate' then date_debut <= date_fin - {{ seuils.jours_plats }}
            when 'saut' then true
            else mesures > 1
        end
)

select * from final
