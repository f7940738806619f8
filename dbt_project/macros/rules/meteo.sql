{#-
    Rain and snow of a day of `meteo` and the days before it, `days` in all; null unless the cell has every one of them.
    A decimal adds up to the same sum in any order.
-#}
{% macro rain_before(days) -%}
    {%- set rain = "cast(meteo.preliq + meteo.prenei as decimal(12, 4))" -%}
    {%- set window -%}
        (
            partition by meteo.lambx, meteo.lamby order by meteo.date
            range between interval '{{ days - 1 }}' day preceding and current row
        )
    {%- endset -%}
    case
        when count({{ rain }}) over {{ window }} = {{ days }}
            then {{ as_double("sum(" ~ rain ~ ") over " ~ window) }}
    end
{%- endmacro %}
