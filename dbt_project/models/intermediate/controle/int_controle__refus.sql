-- reads a table: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}

with final as (
    -- refused by the parsers
    {%- for domaine in var('domaines') %}
    select
        '{{ domaine }}' as domaine,
        objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_' ~ domaine ~ '__rejet') }}
    union all
    {%- endfor %}
    -- refused by a rule of their domain
    select
        'piezometrie' as domaine,
        'chroniques' as objet,
        code_bss || ', ' || cast(date_mesure as {{ dbt.type_string() }}) as reference,
        'station not in the list of the provider' as motif,
        texte,
        paquet
    from {{ ref('int_piezometrie__chroniques_orphelines') }}
    union all
    select
        'qualite_eau' as domaine,
        objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('int_qualite_eau__refus') }}
)

select * from final
