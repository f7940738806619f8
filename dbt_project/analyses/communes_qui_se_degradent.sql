-- In which communes did drinking water keep its limits of quality less often than the year before? Those of
-- the newest year whose bacteria or chemistry fell most first.
with final as (
    select
        conformites.annee,
        communes.code_departement,
        conformites.code_insee,
        communes.nom,
        conformites.prelevements,
        conformites.part_conforme_bacterio,
        conformites.evolution_bacterio,
        conformites.part_conforme_chimie,
        conformites.evolution_chimie,
        conformites.parametres_depasses
    from {{ ref('conformite_commune') }} as conformites
    inner join {{ ref('commune') }} as communes on conformites.code_insee = communes.code_insee
    where
        conformites.tendance = 'dégradation'
        and conformites.annee = (select max(derniere.annee) from {{ ref('conformite_commune') }} as derniere)
)

select * from final
order by least(coalesce(evolution_bacterio, 0), coalesce(evolution_chimie, 0)) asc, code_insee asc
