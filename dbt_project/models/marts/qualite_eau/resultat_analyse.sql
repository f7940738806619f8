{{ config(
    incremental_strategy='mirror',
    unique_key=['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
    indexes=[{'columns': ['annee', 'depasse_limite']}, {'columns': ['cdparametresiseeaux']}],
    pre_hook="{{ hash_joins() }}",
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with retenus as (
    select * from {{ ref('int_qualite_eau__resultats_retenus') }}
),

bornes as (
    select * from {{ ref('int_qualite_eau__bornes') }}
),

lues as (
    select
        retenus.*,
        {{ decimal_or_null('retenus.rqana') }} as valeur,
        coalesce(retenus.rqana like '<%', false) as sous_seuil,
        coalesce(retenus.rqana like '>%', false) as sur_seuil,
        case
            when retenus.rqana like '<%' or retenus.rqana like '>%'
                then {{ decimal_or_null("trim(substring(retenus.rqana, 2))") }}
        end as seuil,
        limites.minimum as limite_min,
        limites.maximum as limite_max,
        seuils.minimum as reference_min,
        seuils.maximum as reference_max
    from retenus
    left join bornes as limites on retenus.limitequal = limites.texte
    left join bornes as seuils on retenus.refqual = seuils.texte
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
