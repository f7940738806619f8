-- No CTE: PostgreSQL does not merge a view that has one into the query that reads it, and the index on
-- code_bss would serve no join.
select
    -- station and day
    cast(code_bss as text) as code_bss,
    date_mesure,

    -- measure
    {{ instant_of_ms('timestamp_mesure') }} as timestamp_mesure,
    niveau_nappe_eau,
    profondeur_nappe,
    nullif(cast(mode_obtention as text), '') as mode_obtention,
    nullif(cast(statut as text), '') as statut,
    nullif(cast(qualification as text), '') as qualification,

    -- codes
    nullif(cast(code_nature_mesure as text), '') as code_nature_mesure,
    nullif(cast(code_continuite as text), '') as code_continuite,
    nullif(cast(code_producteur as text), '') as code_producteur,

    -- reading
    cast(paquet as text) as paquet
from {{ source('raw_piezometrie', 'chroniques') }}
-- the other measures: stg_piezometrie__chroniques_sans_cle
where code_bss <> '' and date_mesure is not null
