{% snapshot nappe_historique %}
{{ config(
    unique_key=['code_bss', 'date_mesure'],
    meta={
        'scope': 'int_piezometrie__scope',
        'match': 'target.code_bss = scope.code_bss and target.date_mesure >= scope.depuis',
    },
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['code_bss', 'date_mesure', 'dbt_valid_from'], 'unique': true},
        {'columns': ['dbt_valid_from'], 'type': 'brin'},
    ],
) }}

with scope as (
    {{ stations_to_build('nappe_historique', 'date_mesure') }}
),

final as (
    select
        target.code_bss,
        target.date_mesure,
        target.timestamp_mesure,
        target.niveau_nappe_eau,
        target.profondeur_nappe,
        target.mode_obtention,
        target.statut,
        target.qualification,
        target.code_nature_mesure,
        target.code_continuite,
        target.code_producteur,
        target.mesures_du_jour
    from {{ ref('nappe') }} as target
    inner join scope
        on target.code_bss = scope.code_bss and target.date_mesure >= scope.depuis
)

select * from final
{% endsnapshot %}
