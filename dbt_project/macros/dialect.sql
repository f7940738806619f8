{#- The few expressions that databases write differently, one dispatch each: `default` is Spark's where they differ. -#}

{#- Table expression `alias(jour)` to cross join: one row per day from debut to fin, both included; none when null. -#}
{% macro days_between(debut, fin, alias) -%}
    {{ return(adapter.dispatch('days_between', 'hydrotheque')(debut, fin, alias)) }}
{%- endmacro %}

{% macro default__days_between(debut, fin, alias) -%}
    lateral (select explode(sequence({{ debut }}, {{ fin }})) as jour) as {{ alias }}
{%- endmacro %}

{% macro postgres__days_between(debut, fin, alias) -%}
    lateral generate_series({{ debut }}::timestamp, {{ fin }}::timestamp, interval '1 day') as {{ alias }} (jour)
{%- endmacro %}


{#- Milliseconds since 1970 -> instant. -#}
{% macro instant_of_ms(column) -%}
    {{ return(adapter.dispatch('instant_of_ms', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__instant_of_ms(column) -%}timestamp_millis({{ column }}){%- endmacro %}

{% macro postgres__instant_of_ms(column) -%}to_timestamp({{ column }} / 1000.0){%- endmacro %}


{#- Text -> number; null where the text is none. -#}
{% macro number_or_null(column) -%}
    {{ return(adapter.dispatch('number_or_null', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__number_or_null(column) -%}try_cast({{ column }} as double){%- endmacro %}

{% macro postgres__number_or_null(column) -%}
    case when {{ column }} ~ '^\s*-?[0-9]+(\.[0-9]+)?\s*$' then cast({{ column }} as double precision) end
{%- endmacro %}


{#- The listed columns of a row as one JSON text, for people to read. -#}
{% macro json_text(columns) -%}
    {{ return(adapter.dispatch('json_text', 'hydrotheque')(columns)) }}
{%- endmacro %}

{% macro default__json_text(columns) -%}to_json(struct({{ columns | join(", ") }})){%- endmacro %}

{% macro postgres__json_text(columns) -%}
    cast(json_build_object(
        {%- for column in columns %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}{% endfor -%}
    ) as text)
{%- endmacro %}


{#- A double precision number, whatever the type it is computed in. -#}
{% macro as_double(expression) -%}
    {{ return(adapter.dispatch('as_double', 'hydrotheque')(expression)) }}
{%- endmacro %}

{% macro default__as_double(expression) -%}cast({{ expression }} as double){%- endmacro %}

{% macro postgres__as_double(expression) -%}cast({{ expression }} as double precision){%- endmacro %}


{#-
    A double precision sum or mean, without the last digits: they depend on the order in which the rows were added, and
    the same rows have to give the same value in any build.
-#}
{% macro rounded(expression, digits=8) -%}
    {{ as_double("round(cast(" ~ expression ~ " as decimal(28, 12)), " ~ digits ~ ")") }}
{%- endmacro %}


{#- The first day of a day's month. -#}
{% macro month_of(jour) -%}
    cast(date_trunc('month', {{ jour }}) as date)
{%- endmacro %}
