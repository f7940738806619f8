with final as (
    select
        consommateurs.modele,
        lecture.code_bss,
        min(coalesce(lecture.lu_depuis, date '0001-01-01')) as depuis
    from {{ ref('int_controle__consommateurs') }} as consommateurs
    inner join {{ source('control', 'paquet_charge') }} as paquets
        on consommateurs.domaine = paquets.domaine and consommateurs.numero < paquets.numero
    inner join {{ ref('stg_piezometrie__lecture') }} as lecture on paquets.paquet = lecture.paquet
    where consommateurs.domaine = 'piezometrie'
    group by consommateurs.modele, lecture.code_bss
)

select * from final
