-- Which networks serve communes and had no sample in the newest year, or none that looked for chemistry?
with annee as (
    select max(annee) as annee
    from {{ ref('prelevement') }}
),

servies as (
    select
        dessertes.cdreseau,
        count(distinct dessertes.code_insee) as communes
    from {{ ref('commune_reseau') }} as dessertes
    inner join annee on annee.annee between dessertes.premiere_annee and dessertes.derniere_annee
    group by dessertes.cdreseau
),

final as (
    select
        reseaux.cdreseau,
        reseaux.nomreseau,
        reseaux.code_departement,
        servies.communes,
        count(prelevements.referenceprel) as prelevements,
        count(*) filter (where prelevements.plvconformitechimique in ('C', 'D', 'N')) as avec_chimie,
        max(prelevements.dateprel) as dernier
    from servies
    cross join annee
    inner join {{ ref('reseau_distribution') }} as reseaux on servies.cdreseau = reseaux.cdreseau
    left join {{ ref('prelevement') }} as prelevements
        on servies.cdreseau = prelevements.cdreseau and annee.annee = prelevements.annee
    group by reseaux.cdreseau, reseaux.nomreseau, reseaux.code_departement, servies.communes
)

select * from final
order by avec_chimie asc, prelevements asc, communes desc, cdreseau asc
