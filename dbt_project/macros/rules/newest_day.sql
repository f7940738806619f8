{#-
    Body of a source's loaded_at_query: the newest day that the provider has published, as far as was read (`day`, an
    expression over `relation`). A simulated provider's calendar stands still, so its data do not age.
-#}
{% macro newest_day(day, relation) -%}
select
    case
        when exists (select 1 from {{ source('control', 'origine') }} where lac like 'simulated%')
            then current_timestamp
        else cast(max({{ day }}) as {{ dbt.type_timestamp() }})
    end
from {{ relation }}
{%- endmacro %}


{#- (code_bss, jour): the last day of each station's measures, by index; the measures are too many to read for this. -#}
{% macro last_days() -%}
(
    select (
        select max(mesures.date_mesure) from {{ source('raw_piezometrie', 'chroniques') }} as mesures
        where mesures.code_bss = stations.code_bss
    ) as jour
    from {{ source('raw_piezometrie', 'stations') }} as stations
) as derniers
{%- endmacro %}
