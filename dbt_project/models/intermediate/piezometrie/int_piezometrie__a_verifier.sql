-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'nappe'}) }}

with perimetre as (
    select * from {{ ref('int_piezometrie__perimetre') }}
    where modele = 'nappe:tests'
),

final as (
    select nappe.*
    from {{ ref('nappe') }} as nappe
    inner join perimetre
        on
            nappe.code_bss = perimetre.code_bss
            and nappe.date_mesure >= perimetre.depuis
)

select * from final
