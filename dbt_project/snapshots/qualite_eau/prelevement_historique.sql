{% snapshot prelevement_historique %}
{{ config(
    unique_key=['referenceprel', 'cdreseau', 'annee'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['referenceprel', 'cdreseau', 'annee', 'dbt_valid_from'], 'unique': true},
        {'columns': ['annee']},
        {'columns': ['dbt_valid_to']},
    ],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['prelevement']) }}",
) }}

with final as (
    select
        cible.referenceprel,
        cible.cdreseau,
        cible.annee,
        cible.dateprel,
        cible.heureprel,
        cible.preleve_le,
        cible.cddept,
        cible.inseecommuneprinc,
        cible.nomcommuneprinc,
        cible.cdreseauamont,
        cible.nomreseauamont,
        cible.pourcentdebit,
        cible.plvconformitebacterio,
        cible.plvconformitechimique,
        cible.plvconformitereferencebact,
        cible.plvconformitereferencechim,
        cible.conclusionprel,
        cible.ugelib,
        cible.distrlib,
        cible.moalib,
        cible.lignes,
        cible.identiques
    from {{ ref('prelevement') }} as cible
    {% if builds_on() or not execute %} {#- when it parses, dbt has to see every ref #}
    where
        cible.annee in (
            select perimetre.annee from {{ ref('int_qualite_eau__perimetre') }} as perimetre
            where perimetre.modele = 'prelevement_historique'
        )
    {% endif %}
)

select * from final
{% endsnapshot %}
