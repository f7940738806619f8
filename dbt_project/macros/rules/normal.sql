{#- The normal distribution: PostgreSQL has erf() from version 16 on only, and no inverse. -#}

{#- Probability below the score x, to 7.5e-8: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. -#}
{% macro normal_probability(x) -%}
    {%- set a = "least(abs(" ~ x ~ "), 8)" -%} {#- beyond, the rest is less than 1e-15 and exp() may underflow -#}
    {%- set u = "(1 / (1 + 0.2316419 * " ~ a ~ "))" -%}
    {%- set polynomial -%}
        {{ u }} * (0.319381530 + {{ u }} * (-0.356563782 + {{ u }} * (
            1.781477937 + {{ u }} * (-1.821255978 + {{ u }} * 1.330274429)
        )))
    {%- endset -%}
    {%- set beyond = "0.3989422804014327 * exp(-" ~ a ~ " * " ~ a ~ " / 2) * " ~ polynomial -%}
    case when {{ x }} < 0 then {{ beyond }} else 1 - {{ beyond }} end
{%- endmacro %}


{#- Score below which the probability p (strictly between 0 and 1) lies, to 1.15e-9 of it: P. J. Acklam's algorithm. -#}
{% macro normal_score(p) -%}
    case
        when {{ p }} < 0.02425 then {{ _normal_tail(p) }}
        when {{ p }} > 1 - 0.02425 then -({{ _normal_tail("(1 - " ~ p ~ ")") }})
        else {{ _normal_centre("(" ~ p ~ " - 0.5)") }}
    end
{%- endmacro %}

{% macro _normal_tail(p) -%}
    {%- set q = "sqrt(-2 * ln(" ~ p ~ "))" -%}
    {{ _horner(q, ["-7.784894002430293e-03", "-3.223964580411365e-01", "-2.400758277161838e+00",
                   "-2.549732539343734e+00", "4.374664141464968e+00", "2.938163982698783e+00"]) }}
    / {{ _horner(q, ["7.784695709041462e-03", "3.224671290700398e-01", "2.445134137142996e+00",
                     "3.754408661907416e+00", "1"]) }}
{%- endmacro %}

{% macro _normal_centre(q) -%}
    {%- set r = "(" ~ q ~ " * " ~ q ~ ")" -%}
    {{ q }} * {{ _horner(r, ["-3.969683028665376e+01", "2.209460984245205e+02", "-2.759285104469687e+02",
                             "1.383577518672690e+02", "-3.066479806614716e+01", "2.506628277459239e+00"]) }}
    / {{ _horner(r, ["-5.447609879822406e+01", "1.615858368580409e+02", "-1.556989798598866e+02",
                     "6.680131188771972e+01", "-1.328068155288572e+01", "1"]) }}
{%- endmacro %}

{#- The polynomial in x with these coefficients, the highest power's first. -#}
{% macro _horner(x, coefficients) -%}
    {%- set sum = namespace(sql=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set sum.sql = "(" ~ sum.sql ~ " * " ~ x ~ " + " ~ coefficient ~ ")" -%}
    {%- endfor -%}
    {{ sum.sql }}
{%- endmacro %}
