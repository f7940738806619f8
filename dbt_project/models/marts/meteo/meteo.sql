{{ config(
    incremental_strategy='mirror',
    unique_key=['lambx', 'lamby', 'date'],
    meta={'scope': 'int_meteo__scope', 'match': 'target.date = scope.date'},
    indexes=[{'columns': ['date']}],
) }}
-- depends_on: {{ ref('int_meteo__scope') }}

with lignes as (
    select * from {{ ref('int_meteo__lignes_retenues') }}
),

final as (
    select
        -- key
        lambx,
        lamby,
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
    from lignes
)

select * from final
