with fichiers as (
    select * from {{ ref('int_meteo__fichiers_courants') }}
),

final as (
    select
        cast(jours.jour as date) as date,
        count(*) as fichiers
    from fichiers
    cross join {{ days_between('fichiers.date_min', 'fichiers.date_max', 'jours') }}
    group by cast(jours.jour as date)
    having count(*) > 1
)

select * from final
