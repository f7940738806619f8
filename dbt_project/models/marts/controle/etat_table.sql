{{ config(materialized='view') }}

with final as (
    select
        contenu.nom_table,
        contenu.lignes,
        construction.numero as version,
        construction.construit_le
    from {{ source('control', 'contenu') }} as contenu
    left join {{ source('control', 'construction') }} as construction
        on contenu.nom_table = construction.modele
)

select * from final
