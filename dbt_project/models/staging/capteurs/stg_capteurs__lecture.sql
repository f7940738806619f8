-- No CTE: see stg_capteurs__observations; here the index is on paquet.
select
    -- key
    paquet,
    code_capteur,
    grandeur,

    -- what was read
    lu_depuis,
    dernier_instant,
    lignes,
    lu_le
from {{ source('raw_capteurs', 'lecture') }}
