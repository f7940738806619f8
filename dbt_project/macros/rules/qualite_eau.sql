{#-
    The bound of a limit or reference of quality as published, `<=0,10 µg/L` or `>=6,5 et <=9 unité pH`: the number
    after `operator`, null where it has none, or where the text says anything else beside its unit.
-#}
{% macro threshold(column, operator) -%}
    {%- set number = "-?[0-9]+([.,][0-9]+)?" -%}
    {%- set bound = "[<>]= ?" ~ number -%}
    case
        when {{ matches(column, "^(" ~ bound ~ "|>= ?" ~ number ~ " et <= ?" ~ number ~ ")( [^<>=]*)?$") }}
            then {{ number_or_null("replace(" ~ matched(column, operator ~ " ?(-?[0-9]+[.,]?[0-9]*)") ~ ", ',', '.')") }}
    end
{%- endmacro %}


{#-
    Whether a result lies outside [minimum, maximum], either of which may be null: null when both are, or when the result
    is no number. `<` is published as 0 (valtraduite): it is never above; below only where its threshold is.
-#}
{% macro is_outside(minimum, maximum) -%}
    case
        when {{ minimum }} is null and {{ maximum }} is null then null
        when valeur is not null
            then coalesce(valeur > {{ maximum }}, false) or coalesce(valeur < {{ minimum }}, false)
        when sous_seuil then case when {{ minimum }} is null then false when seuil <= {{ minimum }} then true end
        when sur_seuil and {{ maximum }} is null then case when seuil >= {{ minimum }} then false end
        when sur_seuil then case when seuil >= {{ maximum }} then true end
    end
{%- endmacro %}


{#- Condition of the rows of the newest yearly file. -#}
{% macro newest_year() -%}
where nom_du_fichier = (select max(nom_du_fichier) from {{ source('raw_qualite_eau', 'lecture') }})
{%- endmacro %}


{#-
    pre_hook: PostgreSQL cannot tell that next to no key is repeated, and would sort millions of wide rows to merge them
    with nothing. docs/decisions/0025-one-planner-switch.md.
-#}
{% macro hash_joins() -%}
    {{ return(adapter.dispatch('hash_joins', 'hydrotheque')()) }}
{%- endmacro %}

{% macro default__hash_joins() -%}
{%- endmacro %}

{% macro postgres__hash_joins() -%}
    set local enable_mergejoin = off
{%- endmacro %}
