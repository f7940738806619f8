{{ config(
    incremental_strategy='mirror',
    unique_key=['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    indexes=[{'columns': ['annee', 'depasse_limite']}, {'columns': ['cdparametresiseeaux']}],
    pre_hook=["{{ open_build() }}", "{{ hash_joins() }}"],
    post_hook="{{ record_build() }}",
) }}
{%- set colonnes = [
    'rqana', 'valtraduite', 'insituana', 'limitequal', 'refqual', 'cdunitereferencesiseeaux', 'cddept',
] %}

-- The loops below write their own lines, whose indent sqlfluff cannot tell.
-- noqa: disable=LT02
with repetees as (
    select
        lignes.referenceprel,
        lignes.cdparametresiseeaux,
        lignes.referenceanl,
        lignes.annee
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    group by lignes.referenceprel, lignes.cdparametresiseeaux, lignes.referenceanl, lignes.annee
    having count(*) > 1
),

-- a key that stands once needs no ranking: nearly all of them
uniques as (
    select
        lignes.*,
        1 as lignes,
        1 as identiques,
        1 as rang
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    left join repetees
        on
            lignes.referenceprel = repetees.referenceprel
            and lignes.cdparametresiseeaux = repetees.cdparametresiseeaux
            and lignes.referenceanl = repetees.referenceanl
            and lignes.annee = repetees.annee
    where
        repetees.referenceprel is null
        and lignes.referenceprel is not null and lignes.cdparametresiseeaux is not null
),

classees as (
    select
        lignes.*,
        count(*) over (
            partition by lignes.referenceprel, lignes.cdparametresiseeaux, lignes.referenceanl, lignes.annee
        ) as lignes,
        count(*) over (
            partition by
                {%- for colonne in colonnes %}
                lignes.{{ colonne }},
                {%- endfor %}
                lignes.referenceprel, lignes.cdparametresiseeaux, lignes.referenceanl, lignes.annee
        ) as identiques,
        row_number() over (
            partition by lignes.referenceprel, lignes.cdparametresiseeaux, lignes.referenceanl, lignes.annee
            order by
                -- the highest value stands
                {{ decimal_or_null('lignes.rqana') }} desc nulls last,
                -- the rest only makes the order total
                {%- for colonne in colonnes %}
                lignes.{{ colonne }} asc{{ "," if not loop.last }}
                {%- endfor %}
        ) as rang
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    inner join repetees
        on
            lignes.referenceprel = repetees.referenceprel
            and lignes.cdparametresiseeaux = repetees.cdparametresiseeaux
            and lignes.referenceanl = repetees.referenceanl
            and lignes.annee = repetees.annee
),

reunies as (
    select * from uniques
    union all
    select * from classees
    where rang = 1
),

limites as (
    select distinct
        limitequal,
        limite_min,
        limite_max
    from {{ ref('int_qualite_eau__parametres_publies') }}
    where limite_min is not null or limite_max is not null
),

-- `references` is a word of SQL
seuils_de_reference as (
    select distinct
        refqual,
        reference_min,
        reference_max
    from {{ ref('int_qualite_eau__parametres_publies') }}
    where reference_min is not null or reference_max is not null
),

lues as (
    select
        reunies.*,
        {{ decimal_or_null('reunies.rqana') }} as valeur,
        coalesce(reunies.rqana like '<%', false) as sous_seuil,
        coalesce(reunies.rqana like '>%', false) as sur_seuil,
        case
            when reunies.rqana like '<%' or reunies.rqana like '>%'
                then {{ decimal_or_null("trim(substring(reunies.rqana, 2))") }}
        end as seuil,
        limites.limite_min,
        limites.limite_max,
        seuils_de_reference.reference_min,
        seuils_de_reference.reference_max
    from reunies
    left join limites on reunies.limitequal = limites.limitequal
    left join seuils_de_reference on reunies.refqual = seuils_de_reference.refqual
    {{ computed_once() }}
),

final as (
    select
        -- key
        referenceprel,
        cdparametresiseeaux,
        referenceanl,
        annee,

        -- result
        cddept,
        insituana,
        rqana,
        valeur,
        sous_seuil,
        sur_seuil,
        seuil,
        {{ decimal_or_null('valtraduite') }} as valtraduite,
        cdunitereferencesiseeaux,

        -- limit of quality, reference of quality
        limitequal,
        limite_min,
        limite_max,
        {{ is_outside('limite_min', 'limite_max') }} as depasse_limite,
        refqual,
        reference_min,
        reference_max,
        {{ is_outside('reference_min', 'reference_max') }} as hors_reference,

        -- lines of the file
        cast(lignes as integer) as lignes,
        cast(identiques as integer) as identiques
    from lues
)

select * from final
