{{ config(
    incremental_strategy='mirror',
    unique_key=['referenceprel', 'cdreseau', 'annee'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    indexes=[{'columns': ['annee']}, {'columns': ['cdreseau']}, {'columns': ['dateprel']}],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}
{%- set verdicts = [
    'plvconformitebacterio', 'plvconformitechimique', 'plvconformitereferencebact', 'plvconformitereferencechim',
] %}
{%- set autres = [
    'pourcentdebit', 'cdreseauamont', 'nomreseauamont', 'inseecommuneprinc', 'nomcommuneprinc', 'cddept', 'dateprel',
    'heureprel', 'conclusionprel', 'ugelib', 'distrlib', 'moalib',
] %}

-- The loops below write their own lines, whose indent sqlfluff cannot tell.
-- noqa: disable=LT02
with classees as (
    select
        lignes.*,
        count(*) over (partition by lignes.referenceprel, lignes.cdreseau, lignes.annee) as lignes,
        count(*) over (
            partition by
                {%- for colonne in verdicts + autres %}
                lignes.{{ colonne }},
                {%- endfor %}
                lignes.referenceprel, lignes.cdreseau, lignes.annee
        ) as identiques,
        replace(lignes.pourcentdebit, ' %', '') as debit,
        row_number() over (
            partition by lignes.referenceprel, lignes.cdreseau, lignes.annee
            order by
                -- the worst verdict stands
                case
                    when
                        {%- for colonne in verdicts %}
                        {{ "or " if not loop.first }}lignes.{{ colonne }} = 'N'
                        {%- endfor %}
                        then 0
                    else 1
                end asc,
                -- the rest only makes the order total
                {%- for colonne in verdicts + autres %}
                lignes.{{ colonne }} asc{{ "," if not loop.last }}
                {%- endfor %}
        ) as rang
    from {{ ref('stg_qualite_eau__prelevements') }} as lignes
    {{ years_to_build() }}
    where lignes.referenceprel is not null and lignes.cdreseau is not null and lignes.dateprel is not null
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
        {%- for colonne in verdicts %}
        case when {{ colonne }} in ('C', 'N', 'S', 'D') then {{ colonne }} end as {{ colonne }},
        {%- endfor %}
        conclusionprel,

        -- who manages the network
        ugelib,
        distrlib,
        moalib,

        -- lines of the file
        cast(lignes as integer) as lignes,
        cast(identiques as integer) as identiques
    from classees
    where rang = 1
)

select * from final
