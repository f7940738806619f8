with paquets as (
    select * from {{ source('control', 'paquet_charge') }}
    where domaine = 'meteo'
),

modeles as (
    select 'meteo' as modele
    union all
    select 'meteo:tests' as modele
),

etats as (
    select
        modeles.modele,
        coalesce(construction.numero, 0) as numero
    from modeles
    left join {{ source('control', 'construction') }} as construction on modeles.modele = construction.modele
),

lectures as (
    select
        lecture.nom_du_fichier,
        lecture.paquet,
        lecture.date_min,
        lecture.date_max,
        paquets.numero
    from {{ ref('stg_meteo__lecture') }} as lecture
    left join paquets on lecture.paquet = paquets.paquet
),

fichiers_nouveaux as (
    select
        etats.modele,
        lectures.nom_du_fichier,
        max(case when lectures.numero <= etats.numero then lectures.paquet else '' end) as paquet_construit
    from etats
    cross join lectures
    group by etats.modele, etats.numero, lectures.nom_du_fichier
    having max(lectures.numero) > etats.numero
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
