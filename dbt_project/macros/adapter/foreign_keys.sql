{#-
    on-run-end: add every foreign key that a contract declares and the database lacks, between tables that exist.
    A full refresh of a parent drops the keys that point at it, whichever models the run selected: so all models are
    looked at, not those of the run. One catalog query when nothing is missing. A row without its parent stops the run
    with PostgreSQL's message, which names the table, the key and the value. docs/decisions/0024-foreign-keys.md.
-#}
{% macro ensure_foreign_keys() -%}
    {{ adapter.dispatch('ensure_foreign_keys', 'hydrotheque')() }}
{%- endmacro %}


{#- Elsewhere a contract's foreign keys inform: Spark keeps none in its catalog that it would check. -#}
{% macro default__ensure_foreign_keys() -%}
{%- endmacro %}


{% macro postgres__ensure_foreign_keys() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set declared = declared_foreign_keys() -%}
        {%- if declared -%}
            {%- for key in run_query(missing_foreign_keys_sql(declared)) -%}
                {{ log("foreign key added: " ~ key.child ~ " (" ~ key.columns ~ ") -> " ~ key.parent, info=true) }}
                alter table {{ key.child }}
                add foreign key ({{ key.columns }}) references {{ key.parent }} ({{ key.parent_columns }}) {{ key.rule }};
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- Return the foreign keys of all models' contracts. -#}
{% macro declared_foreign_keys() -%}
    {%- set keys = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.enabled -%}
        {%- do keys.extend(foreign_keys_of(node)) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}


{#- Return the foreign keys of a model's contract as [{child, columns, parent, parent_columns, rule}]. -#}
{% macro foreign_keys_of(node) -%}
    {%- set keys = [] -%}
    {%- for constraint in node.constraints if constraint.type == 'foreign_key' -%}
        {%- do keys.append({
            'child': node.relation_name,
            'columns': constraint.columns,
            'parent': foreign_key_parent(constraint.to),
            'parent_columns': constraint.to_columns,
            'rule': constraint.expression or '',
        }) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}


{#- `to` is a relation in a model that this run compiled, and the text "ref('name')" in all others. -#}
{% macro foreign_key_parent(to) -%}
    {%- set name = modules.re.fullmatch("\\s*ref\\(['\"](\\w+)['\"]\\)\\s*", to) -%}
    {%- if not name -%}{{ return(to) }}{%- endif -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name[1] -%}
        {{ return(node.relation_name) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error("foreign key to an unknown model: " ~ to) }}
{%- endmacro %}


{% macro missing_foreign_keys_sql(keys) -%}
    with declared (child, columns, parent, parent_columns, rule) as (
        values
        {%- for key in keys %}
        (
            '{{ key.child }}', '{{ key.columns | join(", ") }}',
            '{{ key.parent }}', '{{ key.parent_columns | join(", ") }}', '{{ key.rule }}'
        ){{ "," if not loop.last }}
        {%- endfor %}
    ),

    present as (
        select
            conrelid,
            confrelid,
            (
                select string_agg(a.attname, ', ' order by k.position)
                from unnest(conkey) with ordinality as k (attnum, position)
                inner join pg_attribute as a on a.attrelid = conrelid and a.attnum = k.attnum
            ) as columns
        from pg_constraint
        where contype = 'f'
    )

    select declared.child, declared.columns, declared.parent, declared.parent_columns, declared.rule
    from declared
    left join present
        on
            present.conrelid = to_regclass(declared.child)
            and present.confrelid = to_regclass(declared.parent)
            and present.columns = declared.columns
    where
        to_regclass(declared.child) is not null
        and to_regclass(declared.parent) is not null
        and present.conrelid is null
    order by declared.child, declared.columns
{%- endmacro %}
