{% snapshot resultat_analyse_historique %}
{{ config(
    unique_key=['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['referenceprel', 'cdparametresiseeaux', 'referenceanl', 'annee', 'dbt_valid_from'], 'unique': true},
        {'columns': ['annee']},
        {'columns': ['dbt_valid_to']},
    ],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['resultat_analyse']) }}",
) }}

with final as (
    select
        cible.referenceprel,
        cible.cdparametresiseeaux,
        cible.referenceanl,
        cible.annee,
        cible.cddept,
        cible.insituana,
        cible.rqana,
        cible.valeur,
        cible.sous_seuil,
        cible.sur_seuil,
        cible.seuil,
        cible.valtraduite,
        cible.cdunitereferencesiseeaux,
        cible.limitequal,
        cible.limite_min,
        cible.limite_max,
        cible.depasse_limite,
        cible.refqual,
        cible.reference_min,
        cible.reference_max,
        cible.hors_reference,
        cible.lignes,
        cible.identiques
    from {{ ref('resultat_analyse') }} as cible
    {% if builds_on() or not execute %} {#- when it parses, dbt has to see every ref #}
    where
        cible.annee in (
            select perimetre.annee from {{ ref('int_qualite_eau__perimetre') }} as perimetre
            where perimetre.modele = 'resultat_analyse_historique'
        )
    {% endif %}
)

select * from final
{% endsnapshot %}
