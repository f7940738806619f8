with lectures as (
    {%- for domaine in var('domaines') %}
    select
        '{{ domaine }}' as domaine,
        paquet,
        lu_le
    from {{ ref('stg_' ~ domaine ~ '__lecture') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
