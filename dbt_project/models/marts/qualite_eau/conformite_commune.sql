{{ config(
    incremental_strategy='mirror',
    unique_key=['code_insee', 'annee'],
    meta={
        'perimetre': 'int_qualite_eau__perimetre',
        'cles': 'annee',
        'portee': 'cible.annee in (perimetre.annee, perimetre.annee + 1)',
    },
    indexes=[{'columns': ['annee']}],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['prelevement', 'resultat_analyse']) }}",
) }}

with dessertes as (
    select * from {{ ref('int_qualite_eau__dessertes') }}
),

-- a year's trend needs the year before
annees as (
    {% if is_incremental() or not execute %} {#- when it parses, dbt has to see every ref #}
    select annee from {{ ref('int_qualite_eau__perimetre') }}
    where modele = 'conformite_commune'
    union
    select annee + 1 as annee from {{ ref('int_qualite_eau__perimetre') }}
    where modele = 'conformite_commune'
    {% else %}
    select distinct annee from dessertes
    {% endif %}
),

annees_lues as (
    select annee from annees
    union
    select annee - 1 as annee from annees
),

-- a sample stands for several networks, and a commune has several
preleves as (
    select
        dessertes.annee,
        dessertes.code_insee,
        prelevements.referenceprel,
        max(case when prelevements.plvconformitebacterio = 'N' then 1 else 0 end) as bacterio_non,
        max(case when prelevements.plvconformitebacterio in ('C', 'D', 'N') then 1 else 0 end) as bacterio,
        max(case when prelevements.plvconformitechimique = 'N' then 1 else 0 end) as chimie_non,
        max(case when prelevements.plvconformitechimique in ('C', 'D', 'N') then 1 else 0 end) as chimie
    from annees_lues
    inner join dessertes on annees_lues.annee = dessertes.annee
    inner join {{ ref('prelevement') }} as prelevements
        on dessertes.annee = prelevements.annee and dessertes.cdreseau = prelevements.cdreseau
    group by dessertes.annee, dessertes.code_insee, prelevements.referenceprel
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

communes as (
    select distinct
        annee,
        code_insee
    from dessertes
),

comparees as (
    select
        communes.code_insee,
        communes.annee,
        cast(coalesce(parts.prelevements, 0) as integer) as prelevements,
        cast(coalesce(parts.prelevements_bacterio, 0) as integer) as prelevements_bacterio,
        cast(coalesce(parts.prelevements_chimie, 0) as integer) as prelevements_chimie,
        parts.part_conforme_bacterio,
        parts.part_conforme_chimie,
        cast(coalesce(depassements.parametres, 0) as integer) as parametres_depasses,
        cast(coalesce(depassements.resultats, 0) as integer) as resultats_depasses,
        {{ rounded('parts.part_conforme_bacterio - avant.part_conforme_bacterio') }} as evolution_bacterio,
        {{ rounded('parts.part_conforme_chimie - avant.part_conforme_chimie') }} as evolution_chimie
    from communes
    inner join annees on communes.annee = annees.annee
    left join parts on communes.code_insee = parts.code_insee and communes.annee = parts.annee
    left join parts as avant
        on communes.code_insee = avant.code_insee and communes.annee = avant.annee + 1
    left join depassements
        on communes.code_insee = depassements.code_insee and communes.annee = depassements.annee
),

final as (
    select
        *,
        case
            when least(evolution_bacterio, evolution_chimie) < 0 then 'dégradation'
            when greatest(evolution_bacterio, evolution_chimie) > 0 then 'amélioration'
            when coalesce(evolution_bacterio, evolution_chimie) is not null then 'stable'
        end as tendance
    from comparees
)

select * from final
