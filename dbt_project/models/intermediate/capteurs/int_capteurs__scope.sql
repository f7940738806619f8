with lectures as (
    select
        consommateurs.modele,
        lecture.code_capteur,
        lecture.grandeur,
        min(lecture.lu_depuis) as lu_depuis
    from {{ ref('int_controle__consommateurs') }} as consommateurs
    inner join {{ source('control', 'paquet_charge') }} as paquets
        on consommateurs.domaine = paquets.domaine and consommateurs.numero < paquets.numero
    inner join {{ ref('stg_capteurs__lecture') }} as lecture on paquets.paquet = lecture.paquet
    where consommateurs.domaine = 'capteurs'
    group by consommateurs.modele, lecture.code_capteur, lecture.grandeur
),

-- whole days: some marts are built by day
final as (
    select
        modele,
        code_capteur,
        grandeur,
        {{ utc_midnight('lu_depuis') }} as depuis,
        {{ utc_day('lu_depuis') }} as jour
    from lectures
)

select * from final
