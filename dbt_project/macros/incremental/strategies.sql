{#- Both strategies: docs/decisions/0020-incremental-strategies.md. -#}

{#- Strategy `upsert`: merge by unique_key, and leave alone the rows that are the same (dbt's `merge` rewrites all). -#}
{% macro get_incremental_upsert_sql(arg_dict) -%}
    {%- set keys = [arg_dict["unique_key"]] if arg_dict["unique_key"] is string else arg_dict["unique_key"] -%}
    {%- set names = arg_dict["dest_columns"] | map(attribute="name") | list -%}
    {%- set values = names | reject("in", keys) | list -%}
    merge into {{ arg_dict["target_relation"] }} as target
    using {{ arg_dict["temp_relation"] }} as incoming
    on {{ same_key(keys) }}
    when matched and (
        {%- for name in values %}
        target.{{ name }} is distinct from incoming.{{ name }}{{ " or" if not loop.last }}
        {%- endfor %}
    ) then update set
        {%- for name in values %}
        {{ name }} = incoming.{{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    when not matched then insert ({{ names | join(", ") }})
    values ({% for name in names %}incoming.{{ name }}{{ ", " if not loop.last }}{% endfor %});
{%- endmacro %}


{#-
    Strategy `mirror`: `upsert`, after deleting the rows that the model no longer returns. For a model that is whole, or
    that returns all rows of its scope (scope.sql): only rows of the scope are deleted. Rows that are the same stay as
    they are, so other tables may refer to them (`on delete cascade` where these others are built from them).
-#}
{% macro get_incremental_mirror_sql(arg_dict) -%}
    {%- set keys = [arg_dict["unique_key"]] if arg_dict["unique_key"] is string else arg_dict["unique_key"] -%}
    {%- set meta = config.get("meta", {}) -%}
    delete from {{ arg_dict["target_relation"] }} as target
    {%- if meta.scope %}
    using ({{ scope_of_this() }}) as scope
    {%- endif %}
    where
        {%- if meta.scope %}
        {{ meta.match }} and
        {%- endif %}
        not exists (select 1 from {{ arg_dict["temp_relation"] }} as incoming where {{ same_key(keys) }});
    {{ get_incremental_upsert_sql(arg_dict) }}
{%- endmacro %}


{% macro same_key(keys) -%}
    {%- for key in keys %}target.{{ key }} = incoming.{{ key }}{{ " and " if not loop.last }}{% endfor -%}
{%- endmacro %}
