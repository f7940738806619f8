{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'variante'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}
{%- set descriptions = [
    'cdparametresiseeaux', 'cdparametre', 'libmajparametre', 'libminparametre', 'libwebparametre', 'qualitparam',
    'casparam', 'cdunitereferencesiseeaux', 'cdunitereference', 'limitequal', 'refqual',
] %}

with variantes as (
    select
        lignes.annee,
        {%- for colonne in descriptions %}
        lignes.{{ colonne }},
        {%- endfor %}
        count(*) as lignes
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    where lignes.cdparametresiseeaux is not null
    group by
        {%- for colonne in descriptions %}
        lignes.{{ colonne }},
        {%- endfor %}
        lignes.annee
),

final as (
    select
        *,
        md5(concat_ws(
            '|',
            {%- for colonne in descriptions %}
            coalesce({{ colonne }}, ''){{ "," if not loop.last }}
            {%- endfor %}
        )) as variante,
        {{ threshold('limitequal', '>=') }} as limite_min,
        {{ threshold('limitequal', '<=') }} as limite_max,
        {{ threshold('refqual', '>=') }} as reference_min,
        {{ threshold('refqual', '<=') }} as reference_max
    from variantes
)

select * from final
