{% snapshot info_nappe_historique %}
{{ config(
    unique_key='code_bss',
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['code_bss', 'dbt_valid_from'], 'unique': true},
    ],
) }}

-- what a station is and where; what grows with its measures would make a version a month
with final as (
    select
        code_bss,
        bss_id,
        urn_bss,
        libelle_pe,
        code_departement,
        nom_departement,
        code_commune_insee,
        nom_commune,
        x,
        y,
        x_lambert2,
        y_lambert2,
        altitude_station,
        profondeur_investigation,
        codes_bdlisa,
        codes_masse_eau_edl,
        noms_masse_eau_edl,
        lambx,
        lamby,
        distance_maille_km
    from {{ ref('info_nappe') }}
)

select * from final
{% endsnapshot %}
