{#-
    Query: stations to build again (code_bss) and from which day on (depuis). All of them in a full build; else those
    that packages loaded since the last build of the mart `modele` read, and those without a row in it, because a
    station may become known after its measures were read. The latter are told by its column `jour`; a mart in which
    most stations have no row has none to give, and builds such a station when it is read again.
-#}
{% macro stations_to_build(modele, jour=none) -%}
    {%- if builds_on() or not execute -%} {#- when it parses, dbt has to see every ref -#}
    select
        stations.code_bss,
        min(reprises.depuis) as depuis
    from {{ ref('info_nappe') }} as stations
    inner join (
        select
            code_bss,
            depuis
        from {{ ref('int_piezometrie__perimetre') }}
        where modele = '{{ modele }}'
        {%- if jour %}
        union all
        select
            inconnues.code_bss,
            date '0001-01-01' as depuis
        from {{ ref('info_nappe') }} as inconnues
        where (
            select min(construites.{{ jour }}) from {{ this }} as construites
            where
                construites.code_bss = inconnues.code_bss
                {%- if model.resource_type == 'snapshot' %} and construites.dbt_valid_to is null{% endif %}
        ) is null
        {%- endif %}
    ) as reprises on stations.code_bss = reprises.code_bss
    group by stations.code_bss
    {%- else -%}
    select
        code_bss,
        date '0001-01-01' as depuis
    from {{ ref('info_nappe') }}
    {%- endif -%}
{%- endmacro %}
