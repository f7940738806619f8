{{ config(
    incremental_strategy='upsert',
    unique_key='code_bss',
) }}

with stations as (
    select * from {{ ref('stg_piezometrie__stations') }}
),

rattachees as (
    select * from {{ ref('int_piezometrie__stations_rattachees') }}
),

final as (
    select
        stations.code_bss,
        stations.bss_id,
        stations.urn_bss,
        stations.libelle_pe,
        stations.code_departement,
        stations.nom_departement,
        stations.code_commune_insee,
        stations.nom_commune,
        stations.x,
        stations.y,
        stations.x_lambert2,
        stations.y_lambert2,
        stations.altitude_station,
        stations.profondeur_investigation,
        stations.date_debut_mesure,
        stations.date_fin_mesure,
        stations.nb_mesures_piezo,
        stations.codes_bdlisa,
        stations.codes_masse_eau_edl,
        stations.noms_masse_eau_edl,
        stations.date_maj,
        rattachees.lambx,
        rattachees.lamby,
        rattachees.distance_maille_km
    from stations
    left join rattachees on stations.code_bss = rattachees.code_bss
)

select * from final
