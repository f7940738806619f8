{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'mois'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.mois >= ' ~ month_of('scope.depuis'),
    },
    indexes=[{'columns': ['mois']}],
) }}
{%- set brute, correcte = var("statuts") | last, var("qualifications") | first %}

with scope as (
    {{ stations_to_build('nappe_mensuelle', 'mois') }}
),

mesures as (
    select
        nappe.*,
        {{ month_of('nappe.date_mesure') }} as mois,
        case
            when nappe.statut <> '{{ brute }}' and nappe.qualification = '{{ correcte }}' then 1 else 0
        end as validee
    from {{ ref('nappe') }} as nappe
    inner join scope
        on nappe.code_bss = scope.code_bss and nappe.date_mesure >= {{ month_of('scope.depuis') }}
    where nappe.niveau_nappe_eau is not null
),

final as (
    select
        code_bss,
        mois,
        {{ rounded('avg(niveau_nappe_eau)') }} as niveau_moyen,
        min(niveau_nappe_eau) as niveau_min,
        max(niveau_nappe_eau) as niveau_max,
        {{ rounded('avg(profondeur_nappe)') }} as profondeur_moyenne,
        cast(count(*) as integer) as jours,
        {{ rounded('avg(validee)') }} as part_valides
    from mesures
    group by code_bss, mois
)

select * from final
