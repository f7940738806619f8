with final as (
    select distinct
        consommateurs.modele,
        lecture.annee,
        lecture.nom_du_fichier
    from {{ ref('int_controle__consommateurs') }} as consommateurs
    inner join {{ source('control', 'paquet_charge') }} as paquets
        on consommateurs.domaine = paquets.domaine and consommateurs.numero < paquets.numero
    inner join {{ ref('stg_qualite_eau__lecture') }} as lecture on paquets.paquet = lecture.paquet
    where consommateurs.domaine = 'qualite_eau'
)

select * from final
