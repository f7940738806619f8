select
    -- key
    nullif(inseecommune, '') as code_insee,
    coalesce(nullif(quartier, ''), '-') as quartier,
    nullif(cdreseau, '') as cdreseau,

    -- names
    nomcommune,
    nomreseau,

    -- validity
    debutalim as debutalim_publie,
    {{ day_or_null('debutalim') }} as debutalim,

    -- origin
    cast(annee as integer) as annee,
    nom_du_fichier
from {{ source('raw_qualite_eau', 'com_udi') }}
