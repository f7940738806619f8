{{ config(
    incremental_strategy='mirror',
    unique_key=['code_insee', 'quartier', 'cdreseau'],
    indexes=[{'columns': ['cdreseau']}],
) }}

-- a year may repeat the line with another start: the latest stands; a network named only by a file that is
-- not completely loaded is none yet
with annees as (
    select
        lignes.code_insee,
        lignes.quartier,
        lignes.cdreseau,
        lignes.annee,
        max(lignes.debutalim) as debutalim
    from {{ ref('stg_qualite_eau__communes_udi') }} as lignes
    inner join {{ ref('reseau_distribution') }} as reseaux on lignes.cdreseau = reseaux.cdreseau
    where lignes.code_insee is not null
    group by lignes.code_insee, lignes.quartier, lignes.cdreseau, lignes.annee
),

classees as (
    select
        *,
        row_number() over (partition by code_insee, quartier, cdreseau order by annee desc) as rang
    from annees
),

final as (
    select
        code_insee,
        quartier,
        cdreseau,
        max(case when rang = 1 then debutalim end) as debutalim,
        min(annee) as premiere_annee,
        max(annee) as derniere_annee,
        {{ dbt.listagg(
            'cast(annee as ' ~ dbt.type_string() ~ ')', "', '", 'order by annee'
        ) }} as annees
    from classees
    group by code_insee, quartier, cdreseau
)

select * from final
