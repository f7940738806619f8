{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'nature', 'date_debut'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.date_fin >= scope.depuis',
    },
) }}
{%- set seuils = var('signalement') %}
{%- set recent = 'date_mesure - ' ~ seuils.jours_sans_mesure %}

with departs as (
    {{ measures_to_flag(seuils.jours_plats + seuils.jours_sans_mesure) }}
),

mesures as (
    select
        nappe.code_bss,
        nappe.date_mesure,
        nappe.niveau_nappe_eau as niveau,
        departs.recul,
        nappe.niveau_nappe_eau = nappe.profondeur_nappe as repete,
        lag(nappe.niveau_nappe_eau) over station as niveau_avant,
        lag(nappe.niveau_nappe_eau = nappe.profondeur_nappe) over station as repetait,
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
        case when repetait then 0 else 1 end as debut
    from mesures
    where repete
    union all
    select
        *,
        'série plate' as nature,
        case when niveau = niveau_avant and jour_avant >= {{ recent }} then 0 else 1 end as debut
    from mesures
    union all
    select
        *,
        'saut' as nature,
        1 as debut
    from mesures
    where abs(niveau - niveau_avant) > {{ seuils.saut_m }} and jour_avant = date_mesure - 1
),

series as (
    select
        *,
        sum(debut) over (partition by code_bss, nature order by date_mesure) as serie
    from signes
),

final as (
    select
        code_bss,
        nature,
        min(date_mesure) as date_debut,
        max(date_mesure) as date_fin,
        cast(count(*) as integer) as mesures,
        case when nature = 'saut' then max(niveau_avant) end as niveau_avant,
        case when nature <> 'profondeur répète le niveau' then max(niveau) end as niveau
    from series
    group by code_bss, nature, serie
    having
        max(date_mesure) >= min(recul)
        and case nature
            when 'série plate' then min(date_mesure) <= max(date_mesure) - {{ seuils.jours_plats }}
            else nature = 'saut' or count(*) > 1
        end
)

select * from final
