with citations as (
    select
        code_commune_insee as code_insee,
        nom_commune as nom
    from {{ ref('stg_piezometrie__stations') }}
    union all
    select
        code_insee,
        nom_commune as nom
    from {{ ref('stg_capteurs__stations_piezometriques') }}
    union all
    select
        code_insee,
        nom_commune as nom
    from {{ ref('stg_capteurs__stations_hydrometriques') }}
    union all
    select
        code_insee,
        nomcommune as nom
    from {{ ref('stg_qualite_eau__communes_udi') }}
),

final as (
    select
        code_insee,
        min(nom) as nom
    from citations
    where code_insee is not null
    group by code_insee
)

select * from final
