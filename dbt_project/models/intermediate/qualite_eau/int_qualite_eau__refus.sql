{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'refus'],
    meta={'scope': 'int_qualite_eau__scope', 'scope_columns': 'annee', 'match': 'target.annee = scope.annee'},
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with refusees as (
    select * from {{ ref('int_qualite_eau__lignes_refusees') }}
),

paquets as (
    select
        nom_du_fichier,
        max(paquet) as paquet
    from {{ ref('stg_qualite_eau__lecture') }}
    group by nom_du_fichier
),

numerotees as (
    select
        refusees.annee,
        refusees.objet,
        refusees.reference,
        refusees.motif,
        refusees.texte,
        paquets.paquet,
        row_number() over (
            partition by refusees.annee, refusees.objet, refusees.texte
            order by refusees.nom_du_fichier
        ) as rang
    from refusees
    left join paquets on refusees.nom_du_fichier = paquets.nom_du_fichier
),

final as (
    select
        *,
        md5(concat_ws('|', objet, texte, rang)) as refus
    from numerotees
)

select * from final
