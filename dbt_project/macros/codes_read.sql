{#-
    Body of a reference table (columns code_<entite>, nom_<entite>): every code ever published, with the name read last.
    The log of codes is small and read in full, so an incremental build and a full refresh give the same rows.
-#}
{% macro codes_read(entite) -%}
with codes as (
    select * from {{ ref('stg_piezometrie__codes') }}
    where entite = '{{ entite }}'
),

final as (
    {% call first_per_key(
        'code as code_' ~ entite ~ ', nom as nom_' ~ entite,
        ['code'],
        ['case when nom is null then 1 else 0 end', 'paquet desc', 'nom']
    ) %}
    from codes
    {% endcall %}
)

select * from final
{%- endmacro %}
