{{ config(
    incremental_strategy='upsert',
    unique_key='code_insee',
) }}

with listees as (
    select * from {{ ref('stg_communes__communes') }}
),

citees as (
    select * from {{ ref('int_communes__citees') }}
),

derniere_liste as (
    select max(paquet) as paquet from {{ ref('stg_communes__lecture') }}
),

departements as (
    select
        code_departement,
        min(nom_departement) as nom_departement,
        min(code_region) as code_region,
        min(nom_region) as nom_region
    from listees
    group by code_departement
),

-- a code that no list has: merged, renamed or mistyped, tables refer to it all the same
codes as (
    select
        code_insee,
        code_departement
    from listees
    union
    select
        citees.code_insee,
        substring(
            citees.code_insee, 1, case when citees.code_insee like '97%' then 3 else 2 end
        ) as code_departement
    from citees
    left join listees on citees.code_insee = listees.code_insee
    where listees.code_insee is null
),

final as (
    select
        codes.code_insee,
        coalesce(listees.nom, citees.nom) as nom,
        codes.code_departement,
        coalesce(listees.nom_departement, departements.nom_departement) as nom_departement,
        coalesce(listees.code_region, departements.code_region) as code_region,
        coalesce(listees.nom_region, departements.nom_region) as nom_region,
        listees.codes_postaux,
        listees.population,
        listees.superficie_km2,
        listees.longitude,
        listees.latitude,
        coalesce(listees.paquet = derniere_liste.paquet, false) as actuelle
    from codes
    cross join derniere_liste
    left join listees on codes.code_insee = listees.code_insee
    left join citees on codes.code_insee = citees.code_insee
    left join departements on codes.code_departement = departements.code_departement
)

select * from final
