with paquets as (
    select * from {{ source('control', 'paquet_charge') }}
    where domaine = 'piezometrie'
),

modeles as (
    select 'nappe' as modele
    union all
    select 'nappe:tests' as modele
),

etats as (
    select
        modeles.modele,
        coalesce(construction.numero, 0) as numero
    from modeles
    left join {{ source('control', 'construction') }} as construction on modeles.modele = construction.modele
),

final as (
    select
        etats.modele,
        lecture.code_bss,
        min(coalesce(lecture.lu_depuis, date '0001-01-01')) as depuis
    from etats
    inner join paquets on etats.numero < paquets.numero
    inner join {{ ref('stg_piezometrie__lecture') }} as lecture on paquets.paquet = lecture.paquet
    group by etats.modele, lecture.code_bss
)

select * from final
