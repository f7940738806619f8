{#- Texts that hold something else than a number: typing turns them into null. -#}
{% test number_or_blank(model, column_name) %}
select {{ column_name }}
from {{ model }}
where trim({{ column_name }}) <> '' and {{ number_or_null(column_name) }} is null
{% endtest %}
