with source as (
    select * from {{ source('raw_piezometrie', 'stations') }}
),

renamed as (
    select
        -- key
        code_bss,

        -- names
        bss_id,
        urn_bss,
        libelle_pe,

        -- place
        code_departement,
        nom_departement,
        nullif(code_commune_insee, '') as code_commune_insee,
        nom_commune,
        x,
        y,
        x_lambert2,
        y_lambert2,
        altitude_station as altitude_publiee,
        nullif({{ number_or_null('altitude_station') }}, -999) as altitude_station,
        profondeur_investigation,

        -- measures
        date_debut_mesure,
        date_fin_mesure,
        nb_mesures_piezo,

        -- hydrogeology
        codes_bdlisa,
        codes_masse_eau_edl,
        noms_masse_eau_edl,

        -- reading
        date_maj,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
