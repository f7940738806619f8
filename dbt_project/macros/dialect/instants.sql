{#- Days and hours are UTC's, whatever the session's time zone; on Spark the session is to be in UTC. -#}

{#- Instant -> midnight before it. -#}
{% macro utc_midnight(instant) -%}
    {{ return(adapter.dispatch('utc_midnight', 'hydrotheque')(instant)) }}
{%- endmacro %}

{% macro default__utc_midnight(instant) -%}date_trunc('day', {{ instant }}){%- endmacro %}

{% macro postgres__utc_midnight(instant) -%}date_trunc('day', {{ instant }}, 'UTC'){%- endmacro %}


{#- Instant -> day. -#}
{% macro utc_day(instant) -%}
    {{ return(adapter.dispatch('utc_day', 'hydrotheque')(instant)) }}
{%- endmacro %}

{% macro default__utc_day(instant) -%}cast({{ instant }} as date){%- endmacro %}

{% macro postgres__utc_day(instant) -%}cast({{ instant }} at time zone 'UTC' as date){%- endmacro %}


{#- Hours from one instant to another. -#}
{% macro hours_between(start, end) -%}
    {{ return(adapter.dispatch('hours_between', 'hydrotheque')(start, end)) }}
{%- endmacro %}

{% macro default__hours_between(start, end) -%}
    (unix_timestamp({{ end }}) - unix_timestamp({{ start }})) / 3600.0
{%- endmacro %}

{% macro postgres__hours_between(start, end) -%}
    cast(extract(epoch from {{ end }} - {{ start }}) / 3600.0 as double precision)
{%- endmacro %}
