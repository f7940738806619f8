{{ config(
    incremental_strategy='append',
    indexes=[{'columns': ['date_mesure']}],
    pre_hook="{{ open_build(
        ref('int_piezometrie__perimetre'), 'cible.code_bss = perimetre.code_bss and cible.date_mesure >= perimetre.depuis'
    ) }}",
    post_hook="{{ record_build(['piezometrie']) }}",
) }}

with stations as (
    select code_bss from {{ ref('info_nappe') }}
),

{% if is_incremental() %}
-- a station may become known after its measures were read
arrivees as (
    select
        stations.code_bss,
        date '0001-01-01' as depuis
    from stations
    where (
        select min(construites.date_mesure) from {{ this }} as construites
        where construites.code_bss = stations.code_bss
    ) is null
),

reprises as (
    select
        code_bss,
        depuis
    from {{ ref('int_piezometrie__perimetre') }}
    where modele = 'nappe'
    union all
    select
        code_bss,
        depuis
    from arrivees
),

perimetre as (
    select
        reprises.code_bss,
        min(reprises.depuis) as depuis
    from reprises
    inner join stations on reprises.code_bss = stations.code_bss
    group by reprises.code_bss
),

{% else %}
perimetre as (
    select
        code_bss,
        date '0001-01-01' as depuis
    from stations
),

{% endif %}
mesures as (
    select mesures.*
    from {{ ref('stg_piezometrie__chroniques') }} as mesures
    inner join perimetre
        on mesures.code_bss = perimetre.code_bss and mesures.date_mesure >= perimetre.depuis
),

classees as (
    select
        *,
        count(*) over (partition by code_bss, date_mesure) as mesures_du_jour,
        row_number() over (
            partition by code_bss, date_mesure
            order by
                {{ rank_in('statut', var('statuts')) }},
                {{ rank_in('qualification', var('qualifications')) }},
                timestamp_mesure desc nulls last,
                niveau_nappe_eau desc nulls last,
                -- the rest only makes the order total
                profondeur_nappe, mode_obtention, code_nature_mesure, code_continuite, code_producteur
        ) as rang
    from mesures
),

final as (
    select
        code_bss,
        date_mesure,
        timestamp_mesure,
        niveau_nappe_eau,
        profondeur_nappe,
        mode_obtention,
        statut,
        qualification,
        code_nature_mesure,
        code_continuite,
        code_producteur,
        cast(mesures_du_jour as integer) as mesures_du_jour
    from classees
    where rang = 1
)

select * from final
