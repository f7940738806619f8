{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'cdreseau'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
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
