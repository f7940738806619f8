with source as (
    select * from {{ source('raw_capteurs', 'stations_piezometriques') }}
),

renamed as (
    select
        -- key
        code_bss as code_capteur,

        -- names
        code_bss,
        libelle_pe as libelle,

        -- place
        code_departement,
        code_commune_insee as code_insee,
        nom_commune,
        x as longitude,
        y as latitude,
        nullif({{ number_or_null('altitude_station') }}, -999) as altitude,

        -- reading
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
