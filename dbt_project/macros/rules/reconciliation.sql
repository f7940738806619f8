{#-
    Ending of the tests that count (tests/*_reconciles.sql), after a CTE `comptes` of (source, mois, lues, gardees,
    refusees, remplacees), which may have several rows a month: those months in which a row was lost or made up. A mart
    that is not built from the last package of its domain is counted when it is.
-#}
{% macro uncounted(name, domain) -%}
bilan as (
    select
        source,
        mois,
        sum(lues) as lues,
        sum(gardees) as gardees,
        sum(refusees) as refusees,
        sum(remplacees) as remplacees
    from comptes
    group by source, mois
),

final as (
    select bilan.*
    from bilan
    where
        bilan.lues <> bilan.gardees + bilan.refusees + bilan.remplacees
        and exists (
            select 1 from {{ source('control', 'construction') }} as construction
            where
                construction.modele = '{{ name }}'
                and construction.numero >= (
                    select max(paquets.numero) from {{ source('control', 'paquet_charge') }} as paquets
                    {%- if domain %}
                    where paquets.domaine = '{{ domain }}'
                    {%- endif %}
                )
        )
)

select * from final
order by source, mois
{%- endmacro %}
