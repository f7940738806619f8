-- Which parameters are most often over their limit of quality, and which over their reference? By year, as a
-- share of the results that have one.
with final as (
    select
        resultats.annee,
        resultats.cdparametresiseeaux,
        parametres.libminparametre,
        count(resultats.depasse_limite) as compares_a_la_limite,
        count(*) filter (where resultats.depasse_limite) as au_dessus_de_la_limite,
        count(*) filter (where resultats.hors_reference) as hors_reference,
        avg(case when resultats.depasse_limite then 1.0 when not resultats.depasse_limite then 0 end) as part
    from {{ ref('resultat_analyse') }} as resultats
    inner join {{ ref('parametre') }} as parametres
        on resultats.cdparametresiseeaux = parametres.cdparametresiseeaux
    where resultats.depasse_limite is not null or resultats.hors_reference is not null
    group by resultats.annee, resultats.cdparametresiseeaux, parametres.libminparametre
)

select * from final
order by annee desc, au_dessus_de_la_limite desc, hors_reference desc, cdparametresiseeaux asc
