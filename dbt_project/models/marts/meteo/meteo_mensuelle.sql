{{ config(
    incremental_strategy='mirror',
    unique_key=['lambx', 'lamby', 'mois'],
    meta={
        'scope': 'int_meteo__scope',
        'scope_columns': month_of('date') ~ ' as mois',
        'match': 'target.mois = scope.mois',
    },
    indexes=[{'columns': ['mois']}],
) }}
{%- set sommes = ['prenei', 'preliq', 'etp', 'evap', 'pe', 'drainc', 'runc', 'ecoulement'] %}
{%- set moyennes = [
    't', 'ff', 'q', 'dli', 'ssi', 'hu', 'swi', 'sswi_10j', 'wg_racine', 'wgi_racine', 'resr_neige', 'hteurneige',
    'snow_frac',
] %}

-- depends_on: {{ ref('int_meteo__scope') }}

with
{% if is_incremental() %}
scope as (
    select distinct {{ month_of('date') }} as mois from {{ ref('int_meteo__scope') }}
    where modele = 'meteo_mensuelle'
),

{% endif %}
jours as (
    select
        meteo.*,
        {{ month_of('meteo.date') }} as mois
    from {{ ref('meteo') }} as meteo
    {% if is_incremental() %}
    inner join scope
        on meteo.date >= scope.mois and meteo.date < scope.mois + interval '1' month
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
        {%- for column in sommes %}
        {{ rounded('sum(' ~ column ~ ')') }} as {{ column }},
        {%- endfor %}
        {%- for column in moyennes %}
        {{ rounded('avg(' ~ column ~ ')') }} as {{ column }},
        {%- endfor %}
        min(tinf_h) as tinf_h,
        max(tsup_h) as tsup_h
    from jours
    group by lambx, lamby, mois
)

select * from final
