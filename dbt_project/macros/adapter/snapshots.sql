{#-
    A snapshot adds a version (dbt_valid_from, dbt_valid_to) for each row that changed, and closes the version of each
    that is gone. dbt compares the whole table for it. With meta.scope and meta.match, as those of the strategy
    `mirror`, only the rows of the scope are compared: the snapshot's query returns them, and the versions outside
    are left alone. No full refresh empties a snapshot. docs/decisions/0008-history.md.
-#}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if config.get('meta', {}).get('scope') -%}
        {%- set target_relation -%}
            (
                select target.* from {{ target_relation }} as target
                inner join ({{ scope_of_this() }}) as scope on {{ config.get('meta').match }}
            ) as versions
        {%- endset -%}
    {%- endif -%}
    {{ dbt.default__snapshot_staging_table(strategy, source_sql, target_relation) }}
{%- endmacro %}


{#- An instant, as elsewhere in the warehouse; dbt's own is a clock of the session's time zone. -#}
{% macro postgres__snapshot_get_time() -%}
    current_timestamp
{%- endmacro %}
