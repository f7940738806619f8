{% snapshot resultat_analyse_historique %}
{{ config(
    unique_key=['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee', 'dbt_valid_from'], 'unique': true},
        {'columns': ['annee']},
        {'columns': ['dbt_valid_to']},
    ],
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with final as (
    select
        target.referenceprel,
        target.cdparametresiseeaux,
        target.referenceanl,
        target.annee,
        target.cddept,
        target.insituana,
        target.rqana,
        target.valeur,
        target.sous_seuil,
        target.sur_seuil,
        target.seuil,
        target.valtraduite,
        target.cdunitereferencesiseeaux,
        target.limitequal,
        target.limite_min,
        target.limite_max,
        target.depasse_limite,
        target.refqual,
        target.reference_min,
        target.reference_max,
        target.hors_reference,
        target.lignes,
        target.identiques
    from {{ ref('resultat_analyse') }} as target
    {% if builds_on() %}
    where
        target.annee in (
            select scope.annee from {{ ref('int_qualite_eau__scope') }} as scope
            where scope.modele = 'resultat_analyse_historique'
        )
    {% endif %}
)

select * from final
{% endsnapshot %}
