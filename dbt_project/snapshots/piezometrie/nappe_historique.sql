{% snapshot nappe_historique %}
{{ config(
    unique_key=['code_bss', 'date_mesure'],
    meta={
        'perimetre': 'int_piezometrie__perimetre',
        'portee': 'cible.code_bss = perimetre.code_bss and cible.date_mesure >= perimetre.depuis',
    },
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['code_bss', 'date_mesure', 'dbt_valid_from'], 'unique': true},
        {'columns': ['dbt_valid_from'], 'type': 'brin'},
    ],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['nappe']) }}",
) }}

with perimetre as (
    {{ stations_to_build('nappe_historique', 'date_mesure') }}
),

final as (
    select
        cible.code_bss,
        cible.date_mesure,
        cible.timestamp_mesure,
        cible.niveau_nappe_eau,
        cible.profondeur_nappe,
        cible.mode_obtention,
        cible.statut,
        cible.qualification,
        cible.code_nature_mesure,
        cible.code_continuite,
        cible.code_producteur,
        cible.mesures_du_jour
    from {{ ref('nappe') }} as cible
    inner join perimetre
        on cible.code_bss = perimetre.code_bss and cible.date_mesure >= perimetre.depuis
)

select * from final
{% endsnapshot %}
