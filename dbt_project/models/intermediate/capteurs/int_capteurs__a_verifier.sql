-- reads a mart: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral', meta={'verifie': 'mesure_capteur'}) }}

with perimetre as (
    select * from {{ ref('int_capteurs__perimetre') }}
    where modele = 'mesure_capteur:tests'
),

final as (
    select mesures.*
    from {{ ref('mesure_capteur') }} as mesures
    inner join perimetre
        on
            mesures.code_capteur = perimetre.code_capteur
            and mesures.grandeur = perimetre.grandeur
            and mesures.instant >= perimetre.depuis
)

select * from final
