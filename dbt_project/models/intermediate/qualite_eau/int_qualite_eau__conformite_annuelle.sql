-- computes what `conformite_commune` builds: reads a mart, a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}

with preleves as (
    select * from {{ ref('int_qualite_eau__preleves_par_commune') }}
),

communes as (
    select distinct
        annee,
        code_insee
    from {{ ref('int_qualite_eau__dessertes') }}
),

parts as (
    select
        annee,
        code_insee,
        count(*) as prelevements,
        sum(bacterio) as prelevements_bacterio,
        sum(chimie) as prelevements_chimie,
        1 - sum(bacterio_non) / {{ as_double('nullif(sum(bacterio), 0)') }} as part_conforme_bacterio,
        1 - sum(chimie_non) / {{ as_double('nullif(sum(chimie), 0)') }} as part_conforme_chimie
    from preleves
    group by annee, code_insee
),

annees as (
    select distinct annee from preleves
),

depassements as (
    select
        preleves.annee,
        preleves.code_insee,
        count(*) as resultats,
        count(distinct resultats.cdparametresiseeaux) as parametres
    from annees
    inner join {{ ref('resultat_analyse') }} as resultats
        on annees.annee = resultats.annee and resultats.depasse_limite
    inner join preleves
        on resultats.annee = preleves.annee and resultats.referenceprel = preleves.referenceprel
    group by preleves.annee, preleves.code_insee
),

final as (
    select
        communes.code_insee,
        communes.annee,
        cast(coalesce(parts.prelevements, 0) as integer) as prelevements,
        cast(coalesce(parts.prelevements_bacterio, 0) as integer) as prelevements_bacterio,
        cast(coalesce(parts.prelevements_chimie, 0) as integer) as prelevements_chimie,
        parts.part_conforme_bacterio,
        parts.part_conforme_chimie,
        cast(coalesce(depassements.parametres, 0) as integer) as parametres_depasses,
        cast(coalesce(depassements.resultats, 0) as integer) as resultats_depasses
    from communes
    left join parts on communes.code_insee = parts.code_insee and communes.annee = parts.annee
    left join depassements
        on communes.code_insee = depassements.code_insee and communes.annee = depassements.annee
)

select * from final
