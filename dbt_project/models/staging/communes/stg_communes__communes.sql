with source as (
    select * from {{ source('raw_communes', 'communes') }}
),

renamed as (
    select
        -- key
        code_insee,

        -- names
        nom_standard as nom,
        dep_code as code_departement,
        dep_nom as nom_departement,
        reg_code as code_region,
        reg_nom as nom_region,
        codes_postaux,

        -- figures
        cast(population as integer) as population,
        superficie_km2,

        -- place: the centre, or the town hall where the centre is missing
        case
            when latitude_centre is null or longitude_centre is null then longitude_mairie
            else longitude_centre
        end as longitude,
        case
            when latitude_centre is null or longitude_centre is null then latitude_mairie
            else latitude_centre
        end as latitude,

        -- reading
        paquet
    from source
),

final as (
    select * from renamed
)

select * from final
