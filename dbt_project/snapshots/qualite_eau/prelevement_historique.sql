{% snapshot prelevement_historique %}
{{ config(
    unique_key=['referenceprel', 'cdreseau', 'annee'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
    indexes=[
        {'columns': ['dbt_scd_id'], 'unique': true},
        {'columns': ['referenceprel', 'cdreseau', 'annee', 'dbt_valid_from'], 'unique': true},
        {'columns': ['annee']},
        {'columns': ['dbt_valid_to']},
    ],
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with final as (
    select
        target.referenceprel,
        target.cdreseau,
        target.annee,
        target.dateprel,
        target.heureprel,
        target.preleve_le,
        target.cddept,
        target.inseecommuneprinc,
        target.nomcommuneprinc,
        target.cdreseauamont,
        target.nomreseauamont,
        target.pourcentdebit,
        target.plvconformitebacterio,
        target.plvconformitechimique,
        target.plvconformitereferencebact,
        target.plvconformitereferencechim,
        target.conclusionprel,
        target.ugelib,
        target.distrlib,
        target.moalib,
        target.lignes,
        target.identiques
    from {{ ref('prelevement') }} as target
    {% if builds_on() %}
    where
        target.annee in (
            select scope.annee from {{ ref('int_qualite_eau__scope') }} as scope
            where scope.modele = 'prelevement_historique'
        )
    {% endif %}
)

select * from final
{% endsnapshot %}
