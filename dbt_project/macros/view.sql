{#-
    Replaces dbt-postgres' own materialization, which swaps a view and drops the old one with all that reads it: building
    one staging view alone took the intermediate views away. Here a view is replaced where it stands; only when its
    columns change their order or type is it dropped, and then the views that read it have to be built too.
    A model that reads a mart is no view but `ephemeral`: a full refresh of the mart would drop it.
-#}
{% materialization view, adapter='postgres' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing is not none and not existing.is_view -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ replace_view_sql(target_relation, sql) }}
    {%- endcall -%}
    {%- do apply_grants(target_relation, config.get('grants'), should_revoke(existing, full_refresh_mode=True)) -%}
    {%- do persist_docs(target_relation, model) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{% macro replace_view_sql(relation, sql) -%}
    do $replace_view$
    begin
        create or replace view {{ relation }} as ({{ sql }}
        );
    exception when invalid_table_definition then
        drop view {{ relation }} cascade;
        create view {{ relation }} as ({{ sql }}
        );
    end
    $replace_view$
{%- endmacro %}
