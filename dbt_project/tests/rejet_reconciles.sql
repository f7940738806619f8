{{ config(group='controle') }}

-- One row per source and month of reading whose refused records are not all in rejet.
with comptes as (
    select
        refus.domaine || ', ' || refus.objet as source,
        {{ month_of(utc_day('paquets.lu_le')) }} as mois,
        count(*) as lues,
        0 as gardees,
        0 as refusees,
        0 as remplacees
    from {{ ref('int_controle__refus') }} as refus
    left join {{ ref('int_controle__paquets') }} as paquets
        on refus.domaine = paquets.domaine and refus.paquet = paquets.paquet
    group by refus.domaine, refus.objet, {{ month_of(utc_day('paquets.lu_le')) }}
    union all
    select
        domaine || ', ' || objet as source,
        {{ month_of(utc_day('constate_le')) }} as mois,
        0 as lues,
        0 as gardees,
        count(*) as refusees,
        0 as remplacees
    from {{ ref('rejet') }}
    group by domaine, objet, {{ month_of(utc_day('constate_le')) }}
),

{{ uncounted('rejet', none) }}
