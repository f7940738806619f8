{#-
    control.construction remembers up to which package (control.paquet_charge.numero) each mart is built. Its row is
    written in the transaction of the data, so a build that is killed leaves both as they were. Both hooks stand in
    dbt_project.yml and concern tables alone.
-#}

{#-
    pre_hook. One snapshot for the whole transaction: what a load commits meanwhile is in the rows read and in the number
    recorded, or in neither.
-#}
{% macro open_build() -%}
    {%- if config.get('materialized') in ('incremental', 'snapshot') -%}
    {{ adapter.dispatch('open_build', 'hydrotheque')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__open_build() -%}
{%- endmacro %}

{% macro postgres__open_build() -%}
    set transaction isolation level repeatable read
{%- endmacro %}


{#-
    post_hook. A table holds the packages that all the scoped tables it is built from hold; one built from staging alone,
    every package loaded so far. After a full build, what follows the mart row by row (its tests, its history) looks at all of
    it again.
-#}
{% macro record_build() -%}
    {%- if execute and config.get('materialized') in ('incremental', 'snapshot') -%}
    {%- set parents = tables_read(model.depends_on.nodes) | unique | sort -%}
    {%- set number -%}
        {%- if parents -%}
            select min(numero) from {{ source('control', 'construction') }} where modele in ('{{ parents | join("', '") }}')
        {%- else -%}
            select coalesce(max(numero), 0) from {{ source('control', 'paquet_charge') }}
        {%- endif -%}
    {%- endset -%}
    {{ record_numero(this.identifier, number, 'history' if model.resource_type == 'snapshot' else model.fqn[1]) }}
    {%- if not builds_on() %}
    delete from {{ source('control', 'construction') }}
    where modele in ('{{ this.identifier }}:tests', '{{ this.identifier }}_historique');
    {%- endif %}
    {%- endif -%}
{%- endmacro %}


{#-
    List: the consumers of packages, each with a domain that it reads. A model or snapshot with meta.scope is built for the
    packages that are new to it; the tests of a mart (meta.verifie) look at the rows of these packages.
-#}
{% macro consumers() -%}
    {%- set found = [] -%}
    {%- for node in graph.get('nodes', {}).values() -%} {#- none while dbt parses -#}
        {%- set meta = node.config.meta or {} -%}
        {%- for parent in node.depends_on.nodes if parent.endswith('__scope') and (meta.scope or meta.verifie) -%}
            {%- set domain = parent.split('.')[-1][4:].removesuffix('__scope') -%}
            {%- do found.append((meta.verifie ~ ':tests' if meta.verifie else node.name, domain)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found | sort) }}
{%- endmacro %}


{#-
    Names of the tables with a scope that nodes are, or that they are built from; for a snapshot, of all tables. The others
    are built whole, and may be parents of a foreign key only: dbt counts these among what a model depends on.
-#}
{% macro tables_read(ids) -%}
    {%- set names = [] -%}
    {%- for id in ids if id in graph.nodes -%}
        {%- set node = graph.nodes[id] -%}
        {%- if node.config.materialized != 'incremental' -%}
            {%- do names.extend(tables_read(node.depends_on.nodes)) -%}
        {%- elif node.config.meta.scope or model.resource_type == 'snapshot' -%}
            {%- do names.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- Record the number that a table, its tests or its history holds; `usage` says which: marts, tests, history, intermediate. -#}
{% macro record_numero(name, number, usage='tests') -%}
    merge into {{ source('control', 'construction') }} as target
    using (select '{{ name }}' as modele, ({{ number }}) as numero, '{{ usage }}' as usage) as incoming
    on target.modele = incoming.modele
    when matched then update set numero = incoming.numero, construit_le = current_timestamp, usage = incoming.usage
    when not matched then insert (modele, numero, construit_le, usage)
    values (incoming.modele, incoming.numero, current_timestamp, incoming.usage);
{%- endmacro %}


{#-
    on-run-end. The tests of the big marts read int_<domain>__a_verifier: the rows built since the last run in which all
    these tests ran without an error. This moves that mark, so that an idle build checks nothing twice and a failed
    test fails again until its rows are right. A warning is given once, by the run that brings the rows.
-#}
{% macro record_checks(results) -%}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- for node in graph.nodes.values() if node.config.meta and node.config.meta.verifie -%}
            {%- set mart = node.config.meta.verifie -%}
            {%- if all_tests_passed(node.unique_id, results) %}
            {{ record_numero(mart ~ ':tests',
                "select numero from " ~ source('control', 'construction') ~ " where modele = '" ~ mart ~ "'") }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{% macro all_tests_passed(node_id, results) -%}
    {%- set passed = results | selectattr('status', 'in', ['pass', 'warn']) | map(attribute='node.unique_id') | list -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and node_id in node.depends_on.nodes -%}
        {%- if node.unique_id not in passed -%}{{ return(false) }}{%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}
