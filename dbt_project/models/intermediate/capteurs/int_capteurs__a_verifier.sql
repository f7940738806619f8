-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'mesure_capteur'}) }}

with scope as (
    select * from {{ ref('int_capteurs__scope') }}
    where modele = 'mesure_capteur:tests'
),

final as (
    select mesures.*
    from {{ ref('mesure_capteur') }} as mesures
    inner join scope
        on
            mesures.code_capteur = scope.code_capteur
            and mesures.grandeur = scope.grandeur
            and mesures.instant >= scope.depuis
)

select * from final
