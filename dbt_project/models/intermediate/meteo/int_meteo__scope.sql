with consommateurs as (
    select * from {{ ref('int_controle__consommateurs') }}
    where domaine = 'meteo'
),

lectures as (
    select
        lecture.nom_du_fichier,
        lecture.paquet,
        lecture.date_min,
        lecture.date_max,
        paquets.numero
    from {{ ref('stg_meteo__lecture') }} as lecture
    left join {{ source('control', 'paquet_charge') }} as paquets
        on paquets.domaine = 'meteo' and lecture.paquet = paquets.paquet
),

fichiers_nouveaux as (
    select
        consommateurs.modele,
        lectures.nom_du_fichier,
        max(
            case when lectures.numero <= consommateurs.numero then lectures.paquet else '' end
        ) as paquet_construit
    from consommateurs
    cross join lectures
    group by consommateurs.modele, consommateurs.numero, lectures.nom_du_fichier
    having max(lectures.numero) > consommateurs.numero
),

-- from the version that the mart holds to the newest: dates that a file lost are rebuilt too
plages as (
    select
        fichiers_nouveaux.modele,
        min(lectures.date_min) as debut,
        max(lectures.date_max) as fin
    from fichiers_nouveaux
    inner join lectures
        on
            fichiers_nouveaux.nom_du_fichier = lectures.nom_du_fichier
            and fichiers_nouveaux.paquet_construit <= lectures.paquet
    group by fichiers_nouveaux.modele, fichiers_nouveaux.nom_du_fichier
),

final as (
    select distinct
        plages.modele,
        cast(jours.jour as date) as date
    from plages
    cross join {{ days_between('plages.debut', 'plages.fin', 'jours') }}
)

select * from final
