{{ config(
    incremental_strategy='mirror',
    unique_key=['referenceprel', 'cdreseau', 'annee'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
    indexes=[{'columns': ['annee']}, {'columns': ['cdreseau']}, {'columns': ['dateprel']}],
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}
{%- set verdicts = [
    'plvconformitebacterio', 'plvconformitechimique', 'plvconformitereferencebact', 'plvconformitereferencechim',
] %}

with retenus as (
    select
        *,
        replace(pourcentdebit, ' %', '') as debit
    from {{ ref('int_qualite_eau__prelevements_retenus') }}
),

final as (
    select
        -- key
        referenceprel,
        cdreseau,
        annee,

        -- time
        dateprel,
        heureprel,
        case
            when {{ matches('heureprel', '^([01][0-9]|2[0-3])h[0-5][0-9]$') }}
                then cast(
                    dateprel_publie || ' ' || replace(heureprel, 'h', ':') as {{ dbt.type_timestamp() }}
                )
        end as preleve_le,

        -- place
        cddept,
        inseecommuneprinc,
        nomcommuneprinc,
        cdreseauamont,
        nomreseauamont,
        {{ decimal_or_null('debit') }} as pourcentdebit,

        -- verdict
        {%- for column in verdicts %}
        case when {{ column }} in ('C', 'N', 'S', 'D') then {{ column }} end as {{ column }},
        {%- endfor %}
        conclusionprel,

        -- who manages the network
        ugelib,
        distrlib,
        moalib,

        -- lines of the file
        cast(lignes as integer) as lignes,
        cast(identiques as integer) as identiques
    from retenus
)

select * from final
