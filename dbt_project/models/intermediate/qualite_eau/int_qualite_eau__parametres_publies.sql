{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'variante'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
) }}
{%- set descriptions = [
    'cdparametresiseeaux', 'cdparametre', 'libmajparametre', 'libminparametre', 'libwebparametre', 'qualitparam',
    'casparam', 'cdunitereferencesiseeaux', 'cdunitereference', 'limitequal', 'refqual',
] %}

with variantes as (
    select
        lignes.annee,
        {%- for column in descriptions %}
        lignes.{{ column }},
        {%- endfor %}
        count(*) as lignes
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    where lignes.cdparametresiseeaux is not null
    group by
        {%- for column in descriptions %}
        lignes.{{ column }},
        {%- endfor %}
        lignes.annee
),

final as (
    select
        *,
        md5(concat_ws(
            '|',
            {%- for column in descriptions %}
            coalesce({{ column }}, ''){{ "," if not loop.last }}
            {%- endfor %}
        )) as variante,
        {{ threshold('limitequal', '>=') }} as limite_min,
        {{ threshold('limitequal', '<=') }} as limite_max,
        {{ threshold('refqual', '>=') }} as reference_min,
        {{ threshold('refqual', '<=') }} as reference_max
    from variantes
)

select * from final
