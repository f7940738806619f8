{#-
    Replaces dbt-postgres' own macro: the comment of a column is its description and its unit, and the comments of a model
    are sent in one statement. docs/decisions/0023-comments-say-the-unit.md.
-#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() and model.columns -%}
        {%- set contract = config.get('contract') -%}
        {%- set columns = model.columns -%}
        {%- if not contract or not contract.enforced -%}
            {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
            {%- set columns = validate_doc_columns(relation, columns, names) -%}
        {%- endif -%}
        {%- for column in columns.values() -%}
            {%- set comment = postgres_escape_comment(description_with_unit(column)) -%}
            {%- do comments.append("comment on column " ~ relation ~ "." ~ column.name ~ " is " ~ comment ~ ";") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}{%- do run_query(comments | join("\n")) -%}{%- endif -%}
{%- endmacro %}


{#- The description of a column, with its unit (docs/overview.md lists them) as its last sentence. -#}
{% macro description_with_unit(column) -%}
    {%- set unit = column.meta.get('unit') -%}
    {{ return(column.description | trim ~ (" Unit: " ~ unit ~ "." if unit else "")) }}
{%- endmacro %}
