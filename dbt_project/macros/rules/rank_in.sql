{#- Rank of a text in a list, 1 for the first; one more than the last for any other text and for null. -#}
{% macro rank_in(column, values) -%}
    case {{ column }}
        {%- for value in values %} when '{{ value }}' then {{ loop.index }}{% endfor %} else {{ values | length + 1 }}
    end
{%- endmacro %}
