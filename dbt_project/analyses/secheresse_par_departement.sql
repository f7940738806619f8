-- How many piezometers of each département are low, and how many are not, in the last month that most of
-- them have? Classes of the standardised index; sans_indicateur counts those whose series is too short for
-- it.
with dernier_mois as (
    select mode() within group (order by mois) as mois
    from (
        select max(mois) as mois
        from {{ ref('indicateur_piezometrique') }}
        group by code_bss
    ) as derniers
),

final as (
    select
        indicateurs.mois,
        stations.code_departement,
        stations.nom_departement,
        count(*) as piezometres,
        count(*) filter (where indicateurs.classe in ('très bas', 'bas', 'modérément bas')) as bas,
        count(*) filter (where indicateurs.classe = 'autour de la normale') as normaux,
        count(*) filter (where indicateurs.classe in ('modérément haut', 'haut', 'très haut')) as hauts,
        count(*) filter (where indicateurs.classe is null) as sans_indicateur
    from {{ ref('indicateur_piezometrique') }} as indicateurs
    inner join dernier_mois on indicateurs.mois = dernier_mois.mois
    inner join {{ ref('info_nappe') }} as stations on indicateurs.code_bss = stations.code_bss
    group by indicateurs.mois, stations.code_departement, stations.nom_departement
)

select * from final
order by bas desc, code_departement asc
