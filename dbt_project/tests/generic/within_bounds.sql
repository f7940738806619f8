{#- Rows where one of the columns lies outside its bounds {column: [lowest, highest]}; one pass over the table. -#}
{% test within_bounds(model, bounds) %}
select *
from {{ model }}
where
    {%- for column, (lowest, highest) in bounds.items() %}
    {{ "or " if not loop.first }}{{ column }} not between {{ lowest }} and {{ highest }}
    {%- endfor %}
{% endtest %}
