{#-
    pre_hook, after open_build: delete the rows whose values are gone from the raw schema (control.conservation). What
    is built from them and kept for ever stands in models that no full refresh empties (`full_refresh: false`).
-#}
{% macro forget_old_rows(domain, instant) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where {{ instant }} < (select depuis from {{ source('control', 'conservation') }} where domaine = '{{ domain }}')
    {%- endif -%}
{%- endmacro %}
