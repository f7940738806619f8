{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'mois'],
    meta={
        'perimetre': 'int_piezometrie__perimetre',
        'portee': 'cible.code_bss = perimetre.code_bss and cible.mois >= ' ~ month_of('perimetre.depuis'),
    },
    indexes=[{'columns': ['mois']}],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['nappe_mensuelle']) }}",
) }}
{%- set fin_de_reference = "date '" ~ var('ips_reference') | last ~ "-12-31'" %}
-- docs/decisions/0007-piezometric-index.md

with perimetre as (
    {{ stations_to_build('indicateur_piezometrique', 'mois') }}
),

niveaux as (
    select
        niveaux.code_bss,
        niveaux.mois,
        extract(month from niveaux.mois) as mois_de_l_annee,
        niveaux.niveau_moyen,
        perimetre.depuis
    from {{ ref('nappe_mensuelle') }} as niveaux
    inner join perimetre on niveaux.code_bss = perimetre.code_bss
),

reference as (
    select * from niveaux
    where mois between date '{{ var("ips_reference") | first }}-01-01' and {{ fin_de_reference }}
),

-- the kernel's width by Scott's rule, as scipy.stats.gaussian_kde takes it
lois as (
    select
        code_bss,
        mois_de_l_annee,
        count(*) as annees,
        stddev_samp(niveau_moyen) * power({{ as_double('count(*)') }}, -0.2) as largeur
    from reference
    group by code_bss, mois_de_l_annee
),

-- a new level in the reference years moves every month of its station
a_situer as (
    select
        niveaux.code_bss,
        niveaux.mois,
        niveaux.mois_de_l_annee,
        niveaux.niveau_moyen,
        coalesce(lois.annees, 0) as annees,
        lois.largeur
    from niveaux
    left join lois on niveaux.code_bss = lois.code_bss and niveaux.mois_de_l_annee = lois.mois_de_l_annee
    where niveaux.mois >= {{ month_of('niveaux.depuis') }} or niveaux.depuis <= {{ fin_de_reference }}
),

ecarts as (
    select
        a_situer.code_bss,
        a_situer.mois,
        (a_situer.niveau_moyen - reference.niveau_moyen) / a_situer.largeur as ecart
    from a_situer
    inner join reference
        on a_situer.code_bss = reference.code_bss and a_situer.mois_de_l_annee = reference.mois_de_l_annee
    where a_situer.annees >= {{ var('ips_annees_minimum') }} and a_situer.largeur > 0
),

-- probability of a lower level, kept within the scores -3 and 3
probabilites as (
    select
        code_bss,
        mois,
        least(
            greatest(avg({{ normal_probability('ecart') }}), 0.0013498980316301), 0.9986501019683699
        ) as probabilite
    from ecarts
    group by code_bss, mois
),

scores as (
    select
        a_situer.*,
        {{ rounded(normal_score('probabilites.probabilite'), 4) }} as ips
    from a_situer
    left join probabilites on a_situer.code_bss = probabilites.code_bss and a_situer.mois = probabilites.mois
),

final as (
    select
        code_bss,
        mois,
        niveau_moyen,
        ips,
        case
            when ips < -1.28 then 'très bas'
            when ips < -0.84 then 'bas'
            when ips < -0.25 then 'modérément bas'
            when ips <= 0.25 then 'autour de la normale'
            when ips <= 0.84 then 'modérément haut'
            when ips <= 1.28 then 'haut'
            when ips > 1.28 then 'très haut'
        end as classe,
        cast(annees as integer) as annees,
        case
            when annees < {{ var('ips_annees_minimum') }}
                then 'fewer than {{ var("ips_annees_minimum") }} reference years'
            when ips is null then 'the reference levels are all the same'
        end as motif
    from scores
)

select * from final
