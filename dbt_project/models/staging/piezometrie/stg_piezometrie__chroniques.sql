-- No CTE: PostgreSQL does not merge a view that has one into the query that reads it, and the index on
-- code_bss would serve no join.
select
    -- station and day
    code_bss,
    date_mesure,

    -- measure
    {{ instant_of_ms('timestamp_mesure') }} as timestamp_mesure,
    niveau_nappe_eau,
    profondeur_nappe,
    nullif(mode_obtention, '') as mode_obtention,
    nullif(statut, '') as statut,
    nullif(qualification, '') as qualification,

    -- codes
    nullif(code_nature_mesure, '') as code_nature_mesure,
    nullif(code_continuite, '') as code_continuite,
    nullif(code_producteur, '') as code_producteur,

    -- reading
    paquet
from {{ source('raw_piezometrie', 'chroniques') }}
