-- How much of each year has been checked by its producers, and how much is still raw?
with final as (
    select
        cast(extract(year from date_mesure) as integer) as annee,
        statut,
        count(*) as mesures,
        count(*) / sum(count(*)) over (partition by extract(year from date_mesure)) as part
    from {{ ref('nappe') }}
    group by extract(year from date_mesure), statut
)

select * from final
order by annee, statut
