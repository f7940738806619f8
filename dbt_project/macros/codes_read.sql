{#-
    Body of a reference table (columns code_<entity>, nom_<entity>): the codes that chroniques carry, each with the name
    read last.
    A code once published stays; an incremental build reads the measures of new packages only, whose names are newer
    than any read before.
-#}
{% macro codes_read(entity) -%}
{%- set code, nom = 'code_' ~ entity, 'nom_' ~ entity -%}
{%- set perimetre = ref('int_piezometrie__perimetre') -%}
with lus as (
    select
        mesures.{{ code }},
        mesures.{{ nom }},
        max(mesures.paquet) as paquet
    from {{ ref('stg_piezometrie__chroniques') }} as mesures
    {%- if is_incremental() %}
    inner join {{ perimetre }} as perimetre
        on
            perimetre.modele = '{{ entity }}'
            and mesures.code_bss = perimetre.code_bss
            and mesures.date_mesure >= perimetre.depuis
    {%- endif %}
    where mesures.{{ code }} is not null
    group by mesures.{{ code }}, mesures.{{ nom }}
),

classes as (
    select
        {{ code }},
        {{ nom }},
        row_number() over (
            partition by {{ code }}
            order by case when {{ nom }} is null then 1 else 0 end, paquet desc nulls last, {{ nom }}
        ) as rang
    from lus
),

final as (
    select
        classes.{{ code }},
        {%- if is_incremental() %}
        coalesce(classes.{{ nom }}, connus.{{ nom }}) as {{ nom }}
        {%- else %}
        classes.{{ nom }}
        {%- endif %}
    from classes
    {%- if is_incremental() %}
    left join {{ this }} as connus on classes.{{ code }} = connus.{{ code }}
    {%- endif %}
    where classes.rang = 1
)

select * from final
{%- endmacro %}
