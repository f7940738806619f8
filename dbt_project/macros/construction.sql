{#-
    control.construction remembers up to which package (control.paquet_charge.numero) each mart is built. Its row is
    written in the transaction of the data, so a build that is killed leaves both as they were.
-#}

{#-
    pre_hook. One snapshot for the whole transaction: what a load commits meanwhile is either in the rows read and the
    number recorded, or in none. An incremental build of a perimeter (see the strategy `mirror`) reaches rows by index
    whatever the statistics say: its cost must not grow with the history.
-#}
{% macro open_build() -%}
    {{ adapter.dispatch('open_build', 'hydrotheque')() }}
{%- endmacro %}

{% macro default__open_build() -%}
{%- endmacro %}

{% macro postgres__open_build() -%}
    set transaction isolation level repeatable read;
    {%- if builds_on() and config.get('meta', {}).get('perimetre') %}
    set local enable_seqscan = off;
    {%- endif %}
{%- endmacro %}


{#- Whether this run adds to a table that is there: an incremental build, or a snapshot after its first. -#}
{% macro builds_on() -%}
    {{ return(is_incremental() or (model.resource_type == 'snapshot' and load_cached_relation(this) is not none)) }}
{%- endmacro %}


{#-
    post_hook. A mart that reads staging holds every package loaded so far; one that reads other marts, those that they
    all hold. After a full build, what follows the mart row by row (its tests, its history) looks at all of it again.
-#}
{% macro record_build(marts=[]) -%}
    {%- set numero -%}
        {%- if marts -%}
            select min(numero) from {{ source('control', 'construction') }} where modele in ('{{ marts | join("', '") }}')
        {%- else -%}
            select coalesce(max(numero), 0) from {{ source('control', 'paquet_charge') }}
        {%- endif -%}
    {%- endset -%}
    {{ record_numero(this.identifier, numero) }}
    {%- if not builds_on() %}
    delete from {{ source('control', 'construction') }}
    where modele in ('{{ this.identifier }}:tests', '{{ this.identifier }}_historique');
    {%- endif %}
{%- endmacro %}


{#-
    List: the consumers of packages, each with a domain that it reads. A model or snapshot with meta.perimetre is built
    for the packages that are new to it; the tests of a mart (meta.verifie) look at the rows of these packages.
-#}
{% macro consumers() -%}
    {%- set found = [] -%}
    {%- for node in graph.get('nodes', {}).values() -%} {#- none while dbt parses -#}
        {%- set meta = node.config.meta or {} -%}
        {%- for parent in node.depends_on.nodes if parent.endswith('__perimetre') and (meta.perimetre or meta.verifie) -%}
            {%- set domain = parent.split('.')[-1][4:].removesuffix('__perimetre') -%}
            {%- do found.append((meta.verifie ~ ':tests' if meta.verifie else node.name, domain)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found | sort) }}
{%- endmacro %}


{% macro record_numero(modele, numero_sql) -%}
    merge into {{ source('control', 'construction') }} as cible
    using (select '{{ modele }}' as modele, ({{ numero_sql }}) as numero) as nouveau
    on cible.modele = nouveau.modele
    when matched then update set numero = nouveau.numero, construit_le = current_timestamp
    when not matched then insert (modele, numero, construit_le)
    values (nouveau.modele, nouveau.numero, current_timestamp);
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
