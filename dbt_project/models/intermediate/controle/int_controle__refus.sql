-- reads a table: a view would be dropped with it by a full refresh
{{ config(materialized='ephemeral') }}

with final as (
    select
        'meteo' as domaine,
        'quotidien' as objet,
        concat_ws(', ', nom_du_fichier, 'ligne ' || ligne, 'colonne ' || colonne) as reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_meteo__rejet') }}
    union all
    select
        'piezometrie' as domaine,
        objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_piezometrie__rejet') }}
    union all
    select
        'piezometrie' as domaine,
        'chroniques' as objet,
        code_bss || ', ' || cast(date_mesure as {{ dbt.type_string() }}) as reference,
        'station not in the list of the provider' as motif,
        texte,
        paquet
    from {{ ref('int_piezometrie__chroniques_orphelines') }}
    union all
    select
        'communes' as domaine,
        'communes' as objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_communes__rejet') }}
    union all
    select
        'capteurs' as domaine,
        objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_capteurs__rejet') }}
    union all
    select
        'qualite_eau' as domaine,
        membre as objet,
        concat_ws(', ', nom_du_fichier, 'ligne ' || ligne, 'colonne ' || colonne) as reference,
        motif,
        texte,
        paquet
    from {{ ref('stg_qualite_eau__rejet') }}
    union all
    select
        'qualite_eau' as domaine,
        objet,
        reference,
        motif,
        texte,
        paquet
    from {{ ref('int_qualite_eau__refus') }}
)

select * from final
