{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'mois'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.mois >= ' ~ month_of('scope.depuis'),
    },
    indexes=[{'columns': ['mois']}],
) }}
{%- set first, last = var('ips_reference')[0] ~ '-01-01', var('ips_reference')[1] ~ '-12-31' %}
{%- set minimum = var('ips_annees_minimum') %}
{#- the kernel's width by Scott's rule, as scipy.stats.gaussian_kde takes it #}
{%- set width = "(lois.dispersion * power(" ~ as_double('lois.annees') ~ ", -0.2))" %}
{%- set distance = "((lois.niveau_moyen - reference.niveau_moyen) / " ~ width ~ ")" %}
-- docs/decisions/0007-piezometric-index.md

with scope as (
    {{ stations_to_build('indicateur_piezometrique', 'mois') }}
),

niveaux as (
    select
        niveaux.code_bss,
        niveaux.mois,
        extract(month from niveaux.mois) as mois_de_l_annee,
        niveaux.niveau_moyen,
        niveaux.mois between date '{{ first }}' and date '{{ last }}' as de_reference,
        -- a new level in the reference years moves every month of its station
        niveaux.mois >= {{ month_of('scope.depuis') }} or scope.depuis <= date '{{ last }}' as a_situer
    from {{ ref('nappe_mensuelle') }} as niveaux
    inner join scope on niveaux.code_bss = scope.code_bss
),

lois as (
    select
        *,
        count(case when de_reference then 1 end) over mois_semblables as annees,
        stddev_samp(case when de_reference then niveau_moyen end) over mois_semblables as dispersion
    from niveaux
    window mois_semblables as (partition by code_bss, mois_de_l_annee)
),

probabilites as (
    select
        lois.code_bss,
        lois.mois,
        avg({{ normal_probability(distance) }}) as plus_bas
    from lois
    inner join niveaux as reference
        on lois.code_bss = reference.code_bss and lois.mois_de_l_annee = reference.mois_de_l_annee
    where lois.a_situer and reference.de_reference and lois.annees >= {{ minimum }} and lois.dispersion > 0
    group by lois.code_bss, lois.mois
),

scores as (
    select
        lois.*,
        {{ ips('probabilites.plus_bas') }} as ips
    from lois
    left join probabilites on lois.code_bss = probabilites.code_bss and lois.mois = probabilites.mois
    where lois.a_situer
),

final as (
    select
        code_bss,
        mois,
        niveau_moyen,
        ips,
        {{ ips_class('ips') }} as classe,
        cast(annees as integer) as annees,
        case
            when annees < {{ minimum }} then 'fewer than {{ minimum }} reference years'
            when ips is null then 'the reference levels are all the same'
        end as motif
    from scores
)

select * from final
