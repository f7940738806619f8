{{ config(materialized='view') }}

with fraicheur as (
    select
        domaine,
        min(derniere) as derniere,
        min(derniere + alerte_apres) as en_retard_le
    from {{ source('control', 'fraicheur') }}
    group by domaine
),

final as (
    select
        collecte.domaine,
        collecte.reussie_le,
        collecte.tentee_le,
        collecte.erreur is not null as en_echec,
        collecte.lignes,
        collecte.refusees,
        fraicheur.derniere as donnees_du,
        collecte.prochaine_le,
        coalesce(current_timestamp > collecte.en_retard_le, true) as collecte_en_retard,
        coalesce(current_timestamp > fraicheur.en_retard_le, false) as donnees_en_retard
    from {{ source('control', 'collecte') }} as collecte
    left join fraicheur on collecte.domaine = fraicheur.domaine
)

select * from final
