{{ config(
    incremental_strategy='upsert',
    unique_key='code_capteur',
) }}

with final as (
    select
        code_capteur,
        'hydrometrie' as type,
        libelle,
        code_site,
        cast(null as {{ dbt.type_string() }}) as code_bss,
        code_departement,
        code_insee,
        longitude,
        latitude,
        altitude,
        code_systeme_alti,
        libelle_cours_eau,
        en_service
    from {{ ref('stg_capteurs__stations_hydrometriques') }}
    union all
    select
        code_capteur,
        'piezometrie' as type,
        libelle,
        null as code_site,
        code_bss,
        code_departement,
        code_insee,
        longitude,
        latitude,
        altitude,
        null as code_systeme_alti,
        null as libelle_cours_eau,
        null as en_service
    from {{ ref('stg_capteurs__stations_piezometriques') }}
)

select * from final
