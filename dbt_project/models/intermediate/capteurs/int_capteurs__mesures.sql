-- No CTE: see stg_capteurs__observations.
select
    code_capteur,
    grandeur,
    instant,
    valeur,
    unite,
    code_statut,
    libelle_statut,
    code_qualification,
    libelle_qualification,
    code_methode,
    libelle_methode,
    code_continuite,
    libelle_continuite
from {{ ref('stg_capteurs__observations') }}
union all
select
    code_capteur,
    grandeur,
    instant,
    valeur,
    unite,
    null as code_statut,
    null as libelle_statut,
    null as code_qualification,
    null as libelle_qualification,
    null as code_methode,
    null as libelle_methode,
    null as code_continuite,
    null as libelle_continuite
from {{ ref('stg_capteurs__niveaux') }}
