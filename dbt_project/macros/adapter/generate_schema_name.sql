{#- `staging`, `intermediate`, `marts` as they are: dbt's own puts the profile's schema in front (staging_marts). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
