-- No CTE: see stg_capteurs__observations.
select
    code_capteur,
    'niveau_eau_ngf' as grandeur,
    date_mesure as instant,
    niveau_eau_ngf as valeur,
    'm NGF' as unite
from {{ source('raw_capteurs', 'chroniques_tr') }}
where niveau_eau_ngf is not null
union all
select
    code_capteur,
    'profondeur_nappe' as grandeur,
    date_mesure as instant,
    profondeur_nappe as valeur,
    'm' as unite
from {{ source('raw_capteurs', 'chroniques_tr') }}
where profondeur_nappe is not null
