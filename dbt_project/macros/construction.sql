{#-
    control.construction remembers up to which package (control.paquet_charge.numero) each mart is built. Its row is
    written in the transaction of the data, so a build that is killed leaves both as they were.
-#}

{#-
    pre_hook. One snapshot for the whole transaction: what a load commits meanwhile is either in the rows deleted,
    the rows inserted and the number recorded, or in none. With a perimeter (relation with the columns modele and those
    of `match`), an incremental build deletes the rows it is about to write again, and reaches raw rows by index
    whatever the statistics say: its cost must not grow with the history.
-#}
{% macro open_build(perimetre=none, match=none) -%}
    {{ adapter.dispatch('open_build', 'hydrotheque')(perimetre, match) }}
{%- endmacro %}

{% macro default__open_build(perimetre, match) -%}
    {%- if is_incremental() and perimetre %}
    delete from {{ this }} as cible
    where exists (
        select 1 from {{ perimetre }} as perimetre
        where perimetre.modele = '{{ this.identifier }}' and {{ match }}
    )
    {%- endif %}
{%- endmacro %}

{% macro postgres__open_build(perimetre, match) -%}
    set transaction isolation level repeatable read;
    {%- if is_incremental() and perimetre %}
    set local enable_seqscan = off;
    delete from {{ this }} as cible
    using {{ perimetre }} as perimetre
    where perimetre.modele = '{{ this.identifier }}' and {{ match }};
    {%- endif %}
{%- endmacro %}


{#- post_hook. A full build is also to be checked again in full: see record_checks. -#}
{% macro record_build(domaines) -%}
    {{ record_numero(this.identifier, loaded_numero(domaines)) }}
    {%- if not is_incremental() %}
    delete from {{ source('control', 'construction') }} where modele = '{{ this.identifier }}:tests';
    {%- endif %}
{%- endmacro %}


{% macro loaded_numero(domaines) -%}
    select coalesce(max(numero), 0) from {{ source('control', 'paquet_charge') }}
    where domaine in ('{{ domaines | join("', '") }}')
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
        {%- for modele, vue in [('meteo', 'int_meteo__a_verifier'), ('nappe', 'int_piezometrie__a_verifier')] -%}
            {%- if all_tests_passed('model.' ~ project_name ~ '.' ~ vue, results) %}
            {{ record_numero(modele ~ ':tests',
                "select numero from " ~ source('control', 'construction') ~ " where modele = '" ~ modele ~ "'") }}
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
