-- No CTE: PostgreSQL does not merge a view that has one into the query that reads it, and the index on
-- nom_du_fichier would serve no join.
select
    -- key
    cast(lambx as integer) as lambx,
    cast(lamby as integer) as lamby,
    date,

    -- variables, as published
    prenei,
    preliq,
    t,
    ff,
    q,
    dli,
    ssi,
    hu,
    evap,
    etp,
    pe,
    swi,
    sswi_10j,
    drainc,
    runc,
    resr_neige,
    resr_neige6,
    hteurneige,
    hteurneige6,
    hteurneigex,
    snow_frac,
    ecoulement,
    wg_racine,
    wgi_racine,
    tinf_h,
    tsup_h,

    -- origin
    nom_du_fichier
from {{ source('raw_meteo', 'sim2') }}
