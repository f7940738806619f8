-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'nappe'}) }}

with scope as (
    select * from {{ ref('int_piezometrie__scope') }}
    where modele = 'nappe:tests'
),

final as (
    select nappe.*
    from {{ ref('nappe') }} as nappe
    inner join scope
        on
            nappe.code_bss = scope.code_bss
            and nappe.date_mesure >= scope.depuis
)

select * from final
