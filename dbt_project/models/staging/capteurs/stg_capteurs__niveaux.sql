-- No CTE and no WHERE: PostgreSQL would not merge the union into the query that reads it. See
-- stg_capteurs__observations.
select
    cast(code_capteur as {{ dbt.type_string() }}) as code_capteur,
    cast('niveau_eau_ngf' as {{ dbt.type_string() }}) as grandeur,
    date_mesure as instant,
    niveau_eau_ngf as valeur,
    cast('m NGF' as {{ dbt.type_string() }}) as unite
from {{ source('raw_capteurs', 'chroniques_tr') }}
union all
select
    cast(code_capteur as {{ dbt.type_string() }}) as code_capteur,
    cast('profondeur_nappe' as {{ dbt.type_string() }}) as grandeur,
    date_mesure as instant,
    profondeur_nappe as valeur,
    cast('m' as {{ dbt.type_string() }}) as unite
from {{ source('raw_capteurs', 'chroniques_tr') }}
