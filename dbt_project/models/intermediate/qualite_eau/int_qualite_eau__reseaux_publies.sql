{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'cdreseau'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
) }}

with citations as (
    select
        lignes.annee,
        lignes.cdreseau,
        lignes.nomreseau
    from {{ ref('stg_qualite_eau__communes_udi') }} as lignes
    {{ years_to_build() }}
    union all
    select
        lignes.annee,
        lignes.cdreseau,
        null as nomreseau
    from {{ ref('stg_qualite_eau__prelevements') }} as lignes
    {{ years_to_build() }}
),

final as (
    select
        annee,
        cdreseau,
        max(nomreseau) as nomreseau
    from citations
    where cdreseau is not null
    group by annee, cdreseau
)

select * from final
