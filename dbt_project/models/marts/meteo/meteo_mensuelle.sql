{{ config(
    incremental_strategy='mirror',
    unique_key=['lambx', 'lamby', 'mois'],
    meta={
        'perimetre': 'int_meteo__perimetre',
        'cles': month_of('date') ~ ' as mois',
        'portee': 'cible.mois = perimetre.mois',
    },
    indexes=[{'columns': ['mois']}],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['meteo']) }}",
) }}
{%- set sommes = ['prenei', 'preliq', 'etp', 'evap', 'pe', 'drainc', 'runc', 'ecoulement'] %}
{%- set moyennes = [
    't', 'ff', 'q', 'dli', 'ssi', 'hu', 'swi', 'sswi_10j', 'wg_racine', 'wgi_racine', 'resr_neige', 'hteurneige',
    'snow_frac',
] %}

with
{% if is_incremental() or not execute %} {#- when it parses, dbt has to see every ref #}
perimetre as (
    select distinct {{ month_of('date') }} as mois from {{ ref('int_meteo__perimetre') }}
    where modele = 'meteo_mensuelle'
),

{% endif %}
jours as (
    select
        meteo.*,
        {{ month_of('meteo.date') }} as mois
    from {{ ref('meteo') }} as meteo
    {% if is_incremental() %}
    inner join perimetre
        on meteo.date >= perimetre.mois and meteo.date < perimetre.mois + interval '1' month
    {% endif %}
),

final as (
    select
        lambx,
        lamby,
        mois,
        cast(count(*) as integer) as jours,
        cast(extract(day from mois + interval '1' month - interval '1' day) as integer) as jours_du_mois,
        {{ rounded('sum(preliq + prenei)') }} as precipitation,
        {%- for colonne in sommes %}
        {{ rounded('sum(' ~ colonne ~ ')') }} as {{ colonne }},
        {%- endfor %}
        {%- for colonne in moyennes %}
        {{ rounded('avg(' ~ colonne ~ ')') }} as {{ colonne }},
        {%- endfor %}
        min(tinf_h) as tinf_h,
        max(tsup_h) as tsup_h
    from jours
    group by lambx, lamby, mois
)

select * from final
