-- In which départements is tap water over the limit of a pesticide, and by how much? Newest year. The file
-- does not say which parameter is a pesticide, its limit does: 0.1 µg/L, 0.03 for four of them, 0.5 for their
-- sum. A few others share these limits (HAP).
with resultats as (
    select
        resultats.cddept,
        resultats.referenceprel,
        resultats.cdparametresiseeaux,
        resultats.valeur / nullif(resultats.limite_max, 0) as fois_la_limite,
        resultats.depasse_limite
    from {{ ref('resultat_analyse') }} as resultats
    where
        resultats.annee = (select max(dernier.annee) from {{ ref('prelevement') }} as dernier)
        and resultats.limite_max in (0.03, 0.1, 0.5)
        and resultats.cdunitereferencesiseeaux = 'µg/L'
),

final as (
    select
        cddept,
        count(distinct referenceprel) as prelevements,
        count(distinct referenceprel) filter (where depasse_limite) as prelevements_au_dessus,
        count(distinct cdparametresiseeaux) filter (where depasse_limite) as parametres_au_dessus,
        max(fois_la_limite) as plus_fort_en_fois_la_limite
    from resultats
    group by cddept
)

select * from final
order by prelevements_au_dessus desc, cddept asc
