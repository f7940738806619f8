{#-
    Which rows a build computes again. A model with `meta.scope` names the model that says so (int_<domain>__scope, one row
    per consumer and station, day, file or sensor), with the columns to take of it (`meta.scope_columns`, all when not set) and the
    condition that ties them to the rows of `target` (`meta.match`).
-#}

{#- Query: the scope of this model, its columns meta.scope_columns or all. -#}
{% macro scope_of_this() -%}
    {%- set meta = config.get("meta") -%}
    select distinct {{ meta.scope_columns or '*' }} from {{ ref(meta.scope) }} where modele = '{{ this.identifier }}'
{%- endmacro %}


{#- Whether this run adds to a table that exists: an incremental build, or a snapshot after its first. -#}
{% macro builds_on() -%}
    {{ return(is_incremental() or (model.resource_type == 'snapshot' and load_cached_relation(this) is not none)) }}
{%- endmacro %}


{#-
    `is_incremental()` for an ephemeral model that computes rows of the model `name`: whether that model's table exists and
    this run does not refresh it.
-#}
{% macro builds_on_model(name) -%}
    {%- if not execute or flags.FULL_REFRESH or model.resource_type == 'unit_test' -%}{{ return(false) }}{%- endif -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    {%- set relation = load_cached_relation(
        api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)
    ) -%}
    {{ return(relation is not none and relation.is_table) }}
{%- endmacro %}


{#-
    Query: stations to build again (code_bss) and from which day on (depuis). All of them in a full build; else those
    that packages loaded since the last build of the mart `name` read, and those without a row in it, because a
    station may become known after its measures were read. The latter are found by its column `day`. A mart in which
    most stations have no row passes no `day`: it builds such a station when it is read again.
-#}
{% macro stations_to_build(name, day=none) -%}
    -- depends_on: {{ ref('int_piezometrie__scope') }}
    {%- if builds_on() %}
    select
        stations.code_bss,
        min(reprises.depuis) as depuis
    from {{ ref('info_nappe') }} as stations
    inner join (
        select
            code_bss,
            depuis
        from {{ ref('int_piezometrie__scope') }}
        where modele = '{{ name }}'
        {%- if day %}
        union all
        select
            inconnues.code_bss,
            date '0001-01-01' as depuis
        from {{ ref('info_nappe') }} as inconnues
        where (
            select min(construites.{{ day }}) from {{ this }} as construites
            where
                construites.code_bss = inconnues.code_bss
                {%- if model.resource_type == 'snapshot' %} and construites.dbt_valid_to is null{% endif %}
        ) is null
        {%- endif %}
    ) as reprises on stations.code_bss = reprises.code_bss
    group by stations.code_bss
    {%- else %}
    select
        code_bss,
        date '0001-01-01' as depuis
    from {{ ref('info_nappe') }}
    {%- endif %}
{%- endmacro %}


{#- Join of `mesures` (values of sensors) with those that a mart is to build again; nothing in a full build. -#}
{% macro sensors_to_build(name) -%}
    -- depends_on: {{ ref('int_capteurs__scope') }}
    {%- if is_incremental() %}
    inner join {{ ref('int_capteurs__scope') }} as scope
        on
            scope.modele = '{{ name }}'
            and mesures.code_capteur = scope.code_capteur
            and mesures.grandeur = scope.grandeur
            and mesures.instant >= scope.depuis
    {%- endif %}
{%- endmacro %}


{#-
    Join of `lignes` (rows of yearly files) with the files that this model is to build again, or for an ephemeral model the
    model `name`; nothing in a full build.
-#}
{% macro years_to_build(name=none) -%}
    -- depends_on: {{ ref('int_qualite_eau__scope') }}
    {%- if (builds_on_model(name) if name else is_incremental()) %}
    inner join {{ ref('int_qualite_eau__scope') }} as scope
        on scope.modele = '{{ name or this.identifier }}' and lignes.nom_du_fichier = scope.nom_du_fichier
    {%- endif %}
{%- endmacro %}


{#-
    Query: stations and days of `nappe` that piezo_meteo is to build again (code_bss, date_mesure). All of them in a full
    build; else those of the stations to build, those that new weather reaches, and every day of a station whose cell is
    another one than in the table.
-#}
{% macro days_to_build() -%}
    -- depends_on: {{ ref('int_meteo__scope') }}
    select
        nappe.code_bss,
        nappe.date_mesure
    from {{ ref('nappe') }} as nappe
    inner join (
        {{ stations_to_build('piezo_meteo', 'date_mesure') }}
    ) as scope on nappe.code_bss = scope.code_bss and nappe.date_mesure >= scope.depuis
    {%- if is_incremental() %}
    union
    -- the weather of a day counts in the sums of the 89 days that follow
    select
        nappe.code_bss,
        nappe.date_mesure
    from {{ ref('nappe') }} as nappe
    inner join (
        select distinct cast(suite.jour as date) as jour
        from {{ ref('int_meteo__scope') }} as meteo
        cross join {{ days_between('meteo.date', '(meteo.date + 89)', 'suite') }}
        where meteo.modele = 'piezo_meteo'
    ) as suite on nappe.date_mesure = suite.jour
    union
    select
        nappe.code_bss,
        nappe.date_mesure
    from (
        select
            stations.code_bss,
            stations.lambx,
            stations.lamby,
            (
                select min(construites.date_mesure) from {{ this }} as construites
                where construites.code_bss = stations.code_bss
            ) as premier_jour
        from {{ ref('info_nappe') }} as stations
    ) as stations
    inner join {{ this }} as construites
        on stations.code_bss = construites.code_bss and stations.premier_jour = construites.date_mesure
    inner join {{ ref('nappe') }} as nappe on stations.code_bss = nappe.code_bss
    where
        coalesce(stations.lambx, 0) <> coalesce(construites.lambx, 0)
        or coalesce(stations.lamby, 0) <> coalesce(construites.lamby, 0)
    {%- endif %}
{%- endmacro %}


{#-
    Query: stations whose measures nappe_signalement is to read again (code_bss), from which day on (depart), and from
    which day on their signs are built (recul). What goes on after the first day to build began not long before it, or
    with the last measure, or is in the table already.
-#}
{% macro measures_to_flag(days_before) -%}
    select
        reculs.code_bss,
        reculs.recul,
        {%- if is_incremental() %}
        least(reculs.recul, (
            select min(connus.date_debut) from {{ this }} as connus
            where connus.code_bss = reculs.code_bss and connus.date_fin >= reculs.recul
        )) as depart
        {%- else %}
        reculs.recul as depart
        {%- endif %}
    from (
        select
            scope.code_bss,
            least(
                scope.depuis - {{ days_before }},
                (
                    select max(avant.date_mesure) from {{ ref('nappe') }} as avant
                    where avant.code_bss = scope.code_bss and avant.date_mesure < scope.depuis
                )
            ) as recul
        from (
            {{ stations_to_build('nappe_signalement') }}
        ) as scope
        {{ computed_once() }}
    ) as reculs
    {{ computed_once() }}
{%- endmacro %}
