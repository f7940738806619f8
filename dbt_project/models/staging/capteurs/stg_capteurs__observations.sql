-- No CTE, and the types of stg_capteurs__niveaux: PostgreSQL merges neither a view that has one nor a union
-- of several types into the query that reads it, and the index on code_capteur would serve no join.
select
    -- series and instant
    cast(code_capteur as {{ dbt.type_string() }}) as code_capteur,
    cast(grandeur_hydro as {{ dbt.type_string() }}) as grandeur,
    date_obs as instant,

    -- value
    resultat_obs as valeur,
    cast(case grandeur_hydro when 'H' then 'mm' when 'Q' then 'l/s' end as {{ dbt.type_string() }}) as unite,

    -- quality
    code_statut,
    libelle_statut,
    code_qualification_obs as code_qualification,
    libelle_qualification_obs as libelle_qualification,
    code_methode_obs as code_methode,
    libelle_methode_obs as libelle_methode,
    code_continuite,
    libelle_continuite
from {{ source('raw_capteurs', 'observations_tr') }}
