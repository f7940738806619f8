{{ config(
    incremental_strategy='mirror',
    unique_key=['code_bss', 'date_mesure'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.date_mesure >= scope.depuis',
    },
    indexes=[{'columns': ['date_mesure']}],
) }}

with scope as (
    {{ stations_to_build('nappe', 'date_mesure') }}
),

mesures as (
    select mesures.*
    from {{ ref('stg_piezometrie__chroniques') }} as mesures
    inner join scope
        on mesures.code_bss = scope.code_bss and mesures.date_mesure >= scope.depuis
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
