-- Where do series have gaps of more than a week, and how long are they?
with suites as (
    select
        code_bss,
        date_mesure,
        lead(date_mesure) over (partition by code_bss order by date_mesure) as suivante
    from {{ ref('nappe') }}
),

final as (
    select
        code_bss,
        date_mesure + 1 as premier_jour_sans_mesure,
        suivante - 1 as dernier_jour_sans_mesure,
        suivante - date_mesure - 1 as jours
    from suites
    where suivante - date_mesure > 8
)

select * from final
order by jours desc, code_bss asc
