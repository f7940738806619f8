{{ config(group='communes') }}

-- One row per month of reading whose communes are not all in commune.
with comptes as (
    select
        'communes' as source,
        {{ month_of(utc_day('lecture.lu_le')) }} as mois,
        count(*) as lues,
        count(commune.code_insee) as gardees,
        0 as refusees,
        0 as remplacees
    from {{ ref('stg_communes__communes') }} as listees
    left join {{ ref('stg_communes__lecture') }} as lecture on listees.paquet = lecture.paquet
    left join {{ ref('commune') }} as commune on listees.code_insee = commune.code_insee
    group by {{ month_of(utc_day('lecture.lu_le')) }}
),

{{ uncounted('commune', 'communes') }}
