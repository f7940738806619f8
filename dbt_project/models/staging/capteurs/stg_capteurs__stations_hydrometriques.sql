with source as (
    select * from {{ source('raw_capteurs', 'stations_hydrometriques') }}
),

renamed as (
    select
        -- key
        code_capteur,

        -- names: the row of a site is that of its first station
        code_site,
        case when code_capteur = code_site then libelle_site else libelle_station end as libelle,
        libelle_cours_eau,

        -- place
        code_departement,
        case when code_capteur = code_station then code_commune_station end as code_insee,
        libelle_commune as nom_commune,
        case when code_capteur = code_station then longitude_station end as longitude,
        case when code_capteur = code_station then latitude_station end as latitude,
        case when code_capteur = code_station then altitude_ref_alti_station end as altitude,
        case when code_capteur = code_station then code_systeme_alti_site end as code_systeme_alti,

        -- state
        case when code_capteur = code_station then en_service end as en_service,

        -- reading
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
