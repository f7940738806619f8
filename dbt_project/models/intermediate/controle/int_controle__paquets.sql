with lectures as (
    select
        'meteo' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_meteo__lecture') }}
    union all
    select
        'piezometrie' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_piezometrie__lecture') }}
    union all
    select
        'communes' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_communes__lecture') }}
    union all
    select
        'capteurs' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_capteurs__lecture') }}
    union all
    select
        'qualite_eau' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_qualite_eau__lecture') }}
),

lus as (
    select
        domaine,
        paquet,
        max(lu_le) as lu_le
    from lectures
    group by domaine, paquet
),

final as (
    select
        coalesce(charges.domaine, lus.domaine) as domaine,
        coalesce(charges.paquet, lus.paquet) as paquet,
        coalesce(lus.lu_le, charges.charge_le) as lu_le
    from {{ source('control', 'paquet_charge') }} as charges
    full outer join lus on charges.domaine = lus.domaine and charges.paquet = lus.paquet
)

select * from final
