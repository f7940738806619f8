{#- The standardised piezometric index: docs/decisions/0007-piezometric-index.md. -#}

{#- Index of a month: the normal score of the probability of a lower level, kept within the scores -3 and 3. -#}
{% macro ips(probability) -%}
    {%- set within = "least(greatest(" ~ probability ~ ", 0.0013498980316301), 0.9986501019683699)" -%}
    {#- least() and greatest() pass over a null #}
    case when {{ probability }} is not null then {{ rounded(normal_score(within), 4) }} end
{%- endmacro %}


{#- Class of an index, as BRGM names and cuts them. -#}
{% macro ips_class(ips) -%}
    case
        when {{ ips }} < -1.28 then 'très bas'
        when {{ ips }} < -0.84 then 'bas'
        when {{ ips }} < -0.25 then 'modérément bas'
        when {{ ips }} <= 0.25 then 'autour de la normale'
        when {{ ips }} <= 0.84 then 'modérément haut'
        when {{ ips }} <= 1.28 then 'haut'
        when {{ ips }} > 1.28 then 'très haut'
    end
{%- endmacro %}
