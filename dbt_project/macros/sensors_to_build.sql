{#- Join of `mesures` (values of sensors) with those that a mart is to build again; nothing in a full build. -#}
{% macro sensors_to_build(modele) -%}
    {%- if is_incremental() or not execute -%} {#- when it parses, dbt has to see every ref -#}
    inner join {{ ref('int_capteurs__perimetre') }} as perimetre
        on
            perimetre.modele = '{{ modele }}'
            and mesures.code_capteur = perimetre.code_capteur
            and mesures.grandeur = perimetre.grandeur
            and mesures.instant >= perimetre.depuis
    {%- endif -%}
{%- endmacro %}
