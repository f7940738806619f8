with source as (
    select * from {{ source('raw_piezometrie', 'stations') }}
),

renamed as (
    select
        -- key
        cast(code_bss as text) as code_bss,

        -- names
        cast(bss_id as text) as bss_id,
        cast(urn_bss as text) as urn_bss,
        cast(libelle_pe as text) as libelle_pe,

        -- place
        cast(code_departement as text) as code_departement,
        cast(nom_departement as text) as nom_departement,
        cast(code_commune_insee as text) as code_commune_insee,
        cast(nom_commune as text) as nom_commune,
        x,
        y,
        x_lambert2,
        y_lambert2,
        cast(altitude_station as text) as altitude_publiee,
        nullif({{ number_or_null('altitude_station') }}, -999) as altitude_station,
        profondeur_investigation,

        -- measures
        date_debut_mesure,
        date_fin_mesure,
        nb_mesures_piezo,

        -- hydrogeology
        cast(codes_bdlisa as text) as codes_bdlisa,
        cast(codes_masse_eau_edl as text) as codes_masse_eau_edl,
        cast(noms_masse_eau_edl as text) as noms_masse_eau_edl,

        -- reading
        date_maj,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
