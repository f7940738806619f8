{#-
    A snapshot adds a version (dbt_valid_from, dbt_valid_to) for each row that changed, and closes the version of each
    that is gone. dbt compares the whole table for it. With meta.perimetre and meta.portee, as those of the strategy
    `mirror`, only the rows of the perimeter are compared: the snapshot's query returns them, and the versions outside
    are left alone. No full refresh empties a snapshot.
-#}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if config.get('meta', {}).get('perimetre') -%}
        {%- set target_relation -%}
            (
                select cible.* from {{ target_relation }} as cible
                inner join ({{ perimeter_of_this() }}) as perimetre on {{ config.get('meta').portee }}
            ) as versions
        {%- endset -%}
    {%- endif -%}
    {{ dbt.default__snapshot_staging_table(strategy, source_sql, target_relation) }}
{%- endmacro %}


{#- Versions are closed by their index, whatever their number. -#}
{% macro postgres__snapshot_merge_sql(target, source, insert_cols) -%}
    {{ row_by_row(dbt.postgres__snapshot_merge_sql(target, source, insert_cols)) }}
{%- endmacro %}


{#- An instant, as elsewhere in the warehouse; dbt's own is a clock of the session's time zone. -#}
{% macro postgres__snapshot_get_time() -%}
    current_timestamp
{%- endmacro %}
