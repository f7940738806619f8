{#- The few expressions that databases write differently, one dispatch each: `default` is Spark's where they differ. -#}

{#- Table expression `alias(jour)` to cross join: one row per day from first to last, both included; no row when one is null. -#}
{% macro days_between(first, last, alias) -%}
    {{ return(adapter.dispatch('days_between', 'hydrotheque')(first, last, alias)) }}
{%- endmacro %}

{% macro default__days_between(first, last, alias) -%}
    lateral (select explode(sequence({{ first }}, {{ last }})) as jour) as {{ alias }}
{%- endmacro %}

{% macro postgres__days_between(first, last, alias) -%}
    lateral generate_series({{ first }}::timestamp, {{ last }}::timestamp, interval '1 day') as {{ alias }} (jour)
{%- endmacro %}


{#- Milliseconds since 1970 -> instant. -#}
{% macro instant_of_ms(column) -%}
    {{ return(adapter.dispatch('instant_of_ms', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__instant_of_ms(column) -%}timestamp_millis({{ column }}){%- endmacro %}

{% macro postgres__instant_of_ms(column) -%}to_timestamp({{ column }} / 1000.0){%- endmacro %}


{#- Text -> number; null where the text is no number. -#}
{% macro number_or_null(column) -%}
    {{ return(adapter.dispatch('number_or_null', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__number_or_null(column) -%}try_cast({{ column }} as double){%- endmacro %}

{% macro postgres__number_or_null(column) -%}
    case when {{ column }} ~ '^\s*-?[0-9]+(\.[0-9]+)?\s*$' then cast({{ column }} as double precision) end
{%- endmacro %}


{#-
    Text of a decimal number, comma or point -> number; null where the text is no number. For columns of many rows: three
    times as fast as number_or_null, which knows signs and blanks.
-#}
{% macro decimal_or_null(column) -%}
    {{ return(adapter.dispatch('decimal_or_null', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__decimal_or_null(column) -%}try_cast(replace({{ column }}, ',', '.') as double){%- endmacro %}

{% macro postgres__decimal_or_null(column) -%}
    case
        when
            translate({{ column }}, '0123456789', '') in ('', ',', '.')
            and length({{ column }}) between 1 and 30 and {{ column }} not in (',', '.')
            then cast(replace({{ column }}, ',', '.') as double precision)
    end
{%- endmacro %}


{#- Whether a text matches a regular expression. -#}
{% macro matches(column, pattern) -%}
    {{ return(adapter.dispatch('matches', 'hydrotheque')(column, pattern)) }}
{%- endmacro %}

{% macro default__matches(column, pattern) -%}{{ column }} rlike '{{ pattern }}'{%- endmacro %}

{% macro postgres__matches(column, pattern) -%}{{ column }} ~ '{{ pattern }}'{%- endmacro %}


{#- The first group of a regular expression in a text; null or blank where it does not match. -#}
{% macro matched(column, pattern) -%}
    {{ return(adapter.dispatch('matched', 'hydrotheque')(column, pattern)) }}
{%- endmacro %}

{% macro default__matched(column, pattern) -%}regexp_extract({{ column }}, '{{ pattern }}', 1){%- endmacro %}

{% macro postgres__matched(column, pattern) -%}substring({{ column }} from '{{ pattern }}'){%- endmacro %}


{#- Text `2024-01-31` -> day; null where the text is no day. -#}
{% macro day_or_null(column) -%}
    {{ return(adapter.dispatch('day_or_null', 'hydrotheque')(column)) }}
{%- endmacro %}

{% macro default__day_or_null(column) -%}try_cast({{ column }} as date){%- endmacro %}

{#- PostgreSQL 15 has no cast that gives null: day 31 of a month of 30 is told by the month that it falls in. -#}
{% macro postgres__day_or_null(column) -%}
    case
        when {{ column }} ~ '^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' then
            case
                when to_char(
                    cast(left({{ column }}, 8) || '01' as date) + (cast(right({{ column }}, 2) as integer) - 1),
                    'YYYY-MM-DD'
                ) = {{ column }} then cast({{ column }} as date)
            end
    end
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
{% macro month_of(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}


{#- End of a CTE whose columns are costly and used several times: PostgreSQL would compute them at each use. -#}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once', 'hydrotheque')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}
{%- endmacro %}

{% macro postgres__computed_once() -%}offset 0{%- endmacro %}
