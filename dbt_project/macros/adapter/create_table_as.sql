{#-
    Replaces dbt-postgres' own macro: the constraints of a contract are added to the filled table, where dbt creates them
    first and inserts then. docs/decisions/0021-constraints-after-the-rows.md. The contract is checked all the same, and
    each column is cast to its contracted type (dbt's check does not tell text from varchar). Foreign keys to tables that
    do not exist yet follow at the end of the run (foreign_keys.sql).
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- set contracted = config.get('contract').enforced -%}
    {{ config.get('sql_header', none) or '' }}
    {%- if contracted -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
    create {{ 'temporary' if temporary else 'unlogged' if config.get('unlogged', false) }} table {{ relation }} as (
        {%- if contracted %}
        select
            {%- for column in model.columns.values() %}
            cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
            {%- endfor %}
        from ({{ sql }}) as contracted
        {%- else %}
        {{ sql }}
        {%- endif %}
    );
    {%- if contracted and not temporary %}
    {{ add_own_constraints(relation) }}
    {{ add_foreign_keys(relation) }}
    {%- endif %}
{%- endmacro %}


{#-
    Add the contract's not-null, primary-key, unique and check constraints in one pass over the filled table; then take
    the statistics of its key. Without them PostgreSQL expects one row of a table just made, and a mart that reads it in
    the same run is joined row by row: piezo_meteo took minutes in place of a second.
-#}
{% macro add_own_constraints(relation) -%}
    {%- set actions = [] -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints -%}
            {%- if constraint.type != 'not_null' -%}
                {{ exceptions.raise_compiler_error(
                    model.name ~ "." ~ column.name ~ ": declare " ~ constraint.type ~ " under the model's constraints"
                ) }}
            {%- endif -%}
            {%- do actions.append("alter column " ~ column.name ~ " set not null") -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set own = model.constraints | rejectattr('type', 'equalto', 'foreign_key') | list -%}
    {%- for constraint in adapter.render_raw_model_constraints(raw_constraints=own) -%}
        {%- do actions.append("add " ~ constraint) -%}
    {%- endfor -%}
    {%- if actions %}alter table {{ relation }} {{ actions | join(", ") }};{% endif -%}
    {%- for key in model.constraints if key.type == 'primary_key' %}
    analyze {{ relation }} ({{ key.columns | join(", ") }});
    {%- endfor -%}
{%- endmacro %}


{#-
    Add the contract's foreign keys while the table is still this transaction's own: the first to read it afterwards
    writes each of its pages again. In the order of the parents, for each is locked until the end: two models at once
    wait for each other in one direction only.
-#}
{% macro add_foreign_keys(relation) -%}
    {%- for key in foreign_keys_of(model) | sort(attribute='parent') -%}
        {%- if run_query("select to_regclass('" ~ key.parent ~ "') is not null as there")[0].there %}
    alter table {{ relation }} add constraint {{ model.name ~ "_" ~ key.columns | join("_") ~ "_fkey" }}
    foreign key ({{ key.columns | join(", ") }})
    references {{ key.parent }} ({{ key.parent_columns | join(", ") }}) {{ key.rule }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
