-- No CTE: see stg_meteo__quotidien.
select
    -- key
    nullif(referenceprel, '') as referenceprel,
    nullif(cdreseau, '') as cdreseau,

    -- place
    cddept,
    inseecommuneprinc,
    nomcommuneprinc,
    cdreseauamont,
    nomreseauamont,
    pourcentdebit,

    -- time
    dateprel as dateprel_publie,
    {{ day_or_null('dateprel') }} as dateprel,
    heureprel,

    -- verdict
    conclusionprel,
    plvconformitebacterio,
    plvconformitechimique,
    plvconformitereferencebact,
    plvconformitereferencechim,

    -- who manages the network
    ugelib,
    distrlib,
    moalib,

    -- origin
    cast(annee as integer) as annee,
    nom_du_fichier
from {{ source('raw_qualite_eau', 'plv') }}
