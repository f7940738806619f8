{#-
    Body of a reference table (columns code_<entity>, nom_<entity>): every code ever published, with the name read last.
    The log of codes is small and read in full, so an incremental build and a full refresh give the same rows.
-#}
{% macro codes_read(entity) -%}
with codes as (
    select * from {{ ref('stg_piezometrie__codes') }}
    where entite = '{{ entity }}'
),

classes as (
    select
        *,
        row_number() over (
            partition by code
            order by case when nom is null then 1 else 0 end, paquet desc, nom
        ) as rang
    from codes
),

final as (
    select
        code as code_{{ entity }},
        nom as nom_{{ entity }}
    from classes
    where rang = 1
)

select * from final
{%- endmacro %}
