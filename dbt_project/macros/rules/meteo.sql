{#-
    Rain of a day and the days before it, `days` in all, over rows of (lambx, lamby, date, pluie); null unless the cell has
    every one of them.
-#}
{% macro rain_before(days) -%}
    {%- set window -%}
        (
            partition by lambx, lamby order by date
            range between interval '{{ days - 1 }}' day preceding and current row
        )
    {%- endset -%}
    case when count(pluie) over {{ window }} = {{ days }} then {{ as_double("sum(pluie) over " ~ window) }} end
{%- endmacro %}
