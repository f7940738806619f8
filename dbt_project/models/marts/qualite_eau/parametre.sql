{{ config(
    incremental_strategy='mirror',
    unique_key='cdparametresiseeaux',
) }}

with publies as (
    select * from {{ ref('int_qualite_eau__parametres_publies') }}
),

-- one description may come with several limits
descriptions as (
    select
        annee,
        cdparametresiseeaux,
        cdparametre,
        libmajparametre,
        libminparametre,
        libwebparametre,
        qualitparam,
        casparam,
        cdunitereferencesiseeaux,
        cdunitereference,
        sum(lignes) as lignes
    from publies
    group by
        annee, cdparametresiseeaux, cdparametre, libmajparametre, libminparametre, libwebparametre,
        qualitparam, casparam, cdunitereferencesiseeaux, cdunitereference
),

classees as (
    select
        *,
        min(annee) over (partition by cdparametresiseeaux) as premiere_annee,
        row_number() over (
            partition by cdparametresiseeaux
            order by
                annee desc, lignes desc,
                -- the rest only makes the order total
                libmajparametre asc, libminparametre asc, libwebparametre asc, cdparametre asc,
                qualitparam asc, casparam asc, cdunitereferencesiseeaux asc, cdunitereference asc
        ) as rang
    from descriptions
),

final as (
    select
        cdparametresiseeaux,
        cdparametre,
        casparam,
        libmajparametre,
        libminparametre,
        libwebparametre,
        qualitparam,
        cdunitereferencesiseeaux,
        cdunitereference,
        premiere_annee,
        annee as derniere_annee
    from classees
    where rang = 1
)

select * from final
