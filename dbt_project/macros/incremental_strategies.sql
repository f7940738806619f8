{#- Strategy `upsert`: merge by unique_key, and leave alone the rows that are the same (dbt's `merge` rewrites all). -#}
{% macro get_incremental_upsert_sql(arg_dict) -%}
    {%- set keys = [arg_dict["unique_key"]] if arg_dict["unique_key"] is string else arg_dict["unique_key"] -%}
    {%- set names = arg_dict["dest_columns"] | map(attribute="name") | list -%}
    {%- set values = names | reject("in", keys) | list -%}
    merge into {{ arg_dict["target_relation"] }} as cible
    using {{ arg_dict["temp_relation"] }} as nouveau
    on {% for key in keys %}cible.{{ key }} = nouveau.{{ key }}{{ " and " if not loop.last }}{% endfor %}
    when matched and (
        {%- for name in values %}
        cible.{{ name }} is distinct from nouveau.{{ name }}{{ " or" if not loop.last }}
        {%- endfor %}
    ) then update set
        {%- for name in values %}
        {{ name }} = nouveau.{{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    when not matched then insert ({{ names | join(", ") }})
    values ({% for name in names %}nouveau.{{ name }}{{ ", " if not loop.last }}{% endfor %});
{%- endmacro %}


{#- Strategy `mirror`: `upsert`, after deleting the rows that the model no longer returns. For a model that is whole. -#}
{% macro get_incremental_mirror_sql(arg_dict) -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ arg_dict["unique_key"] }} not in (
        select {{ arg_dict["unique_key"] }} from {{ arg_dict["temp_relation"] }}
    );
    {{ get_incremental_upsert_sql(arg_dict) }}
{%- endmacro %}
