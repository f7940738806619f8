-- No CTE: see stg_meteo__quotidien.
select
    -- key; no analysis of a laboratory has a blank reference
    nullif(referenceprel, '') as referenceprel,
    nullif(cdparametresiseeaux, '') as cdparametresiseeaux,
    coalesce(referenceanl, '') as referenceanl,

    -- parameter
    cdparametre,
    libmajparametre,
    libminparametre,
    libwebparametre,
    qualitparam,
    casparam,

    -- result
    cddept,
    insituana,
    rqana,
    valtraduite,
    cdunitereferencesiseeaux,
    cdunitereference,
    limitequal,
    refqual,

    -- origin
    cast(annee as integer) as annee,
    nom_du_fichier
from {{ source('raw_qualite_eau', 'result') }}
