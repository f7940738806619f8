{#-
    A view is replaced where it stands. dbt-postgres swaps a new view in and drops the old one with all that reads it:
    building one staging view alone removed the intermediate views. docs/decisions/0022-views-are-replaced.md.
    A model that reads a mart is no view but `ephemeral`: a full refresh of the mart would drop it.
-#}
{% materialization view, adapter='postgres' -%}
    {%- set relations = create_or_replace_view() -%}
    {%- do persist_docs(this.incorporate(type='view'), model) -%}
    {%- do adapter.commit() -%}
    {{ return(relations) }}
{%- endmaterialization %}


{#- Only when the columns change their order or type is the view dropped: the views that read it must be built too. -#}
{% macro postgres__create_view_as(relation, sql) -%}
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
