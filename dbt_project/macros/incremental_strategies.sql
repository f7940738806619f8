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


{#-
    Strategy `mirror`: `upsert`, after deleting the rows that the model no longer returns. For a model that is whole, or
    that returns all rows of a perimeter: meta.perimetre names a model with the column `modele`, meta.cles the columns
    to take of it (all when not set), meta.portee is the condition that ties these to the rows of `cible`. Rows that are
    the same stay as they are, so the keys of others may refer to them (`on delete cascade` where these others are built
    from them).
-#}
{% macro get_incremental_mirror_sql(arg_dict) -%}
    {%- set keys = [arg_dict["unique_key"]] if arg_dict["unique_key"] is string else arg_dict["unique_key"] -%}
    {%- set meta = config.get("meta", {}) -%}
    delete from {{ arg_dict["target_relation"] }} as cible
    {%- if meta.perimetre %}
    using ({{ perimeter_of_this() }}) as perimetre
    {%- endif %}
    where
        {%- if meta.perimetre %}
        {{ meta.portee }} and
        {%- endif %}
        not exists (
            select 1 from {{ arg_dict["temp_relation"] }} as nouveau
            where {% for key in keys %}cible.{{ key }} = nouveau.{{ key }}{{ " and " if not loop.last }}{% endfor %}
        );
    {{ row_by_row(get_incremental_upsert_sql(arg_dict)) if meta.perimetre else get_incremental_upsert_sql(arg_dict) }}
{%- endmacro %}


{#- Query: the perimeter of this model (meta.perimetre), its columns meta.cles or all. -#}
{% macro perimeter_of_this() -%}
    {%- set meta = config.get("meta") -%}
    select distinct {{ meta.cles or '*' }} from {{ ref(meta.perimetre) }} where modele = '{{ this.identifier }}'
{%- endmacro %}


{#- A statement whose joins reach each row by index: what it costs depends on the rows given, not on the table. -#}
{% macro row_by_row(statement) -%}
    {{ return(adapter.dispatch('row_by_row', 'hydrotheque')(statement)) }}
{%- endmacro %}

{% macro default__row_by_row(statement) -%}{{ statement }}{%- endmacro %}

{% macro postgres__row_by_row(statement) -%}
    set local enable_hashjoin = off;
    set local enable_mergejoin = off;
    {{ statement }}
    set local enable_hashjoin = on;
    set local enable_mergejoin = on;
{%- endmacro %}
