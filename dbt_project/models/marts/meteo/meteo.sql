{{ config(
    incremental_strategy='mirror',
    unique_key=['lambx', 'lamby', 'date'],
    meta={'perimetre': 'int_meteo__perimetre', 'portee': 'cible.date = perimetre.date'},
    indexes=[{'columns': ['date']}],
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}

with
{% if is_incremental() or not execute %} {#- when it parses, dbt has to see every ref #}
perimetre as (
    select date from {{ ref('int_meteo__perimetre') }}
    where modele = 'meteo'
),

{% endif %}
fichiers as (
    select
        fichiers.nom_du_fichier,
        fichiers.date_min,
        fichiers.date_max,
        fichiers.rang
    from {{ ref('int_meteo__fichiers_courants') }} as fichiers
    {% if is_incremental() %}
    where
        exists (
            select 1 from perimetre
            where perimetre.date between fichiers.date_min and fichiers.date_max
        )
    {% endif %}
),

partagees as (
    select partagees.date
    from {{ ref('int_meteo__dates_partagees') }} as partagees
    {% if is_incremental() %}
    inner join perimetre on partagees.date = perimetre.date
    {% endif %}
),

-- a date that one file covers needs no ranking: most of the history
seules as (
    select
        lignes.*,
        -- the type of row_number(): else the union converts row by row
        cast(1 as {{ dbt.type_bigint() }}) as rang
    from {{ ref('stg_meteo__quotidien') }} as lignes
    {% if is_incremental() %}
    inner join fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join perimetre on lignes.date = perimetre.date
    {% endif %}
    left join partagees on lignes.date = partagees.date
    where partagees.date is null
),

-- for the dates of several files, only their files are read again: as a rule the current year and `latest`
fichiers_partages as (
    select fichiers.*
    from fichiers
    where
        exists (
            select 1 from partagees
            where partagees.date between fichiers.date_min and fichiers.date_max
        )
),

classees as (
    select
        lignes.*,
        row_number() over (
            partition by lignes.lambx, lignes.lamby, lignes.date
            order by fichiers.rang
        ) as rang
    from {{ ref('stg_meteo__quotidien') }} as lignes
    inner join fichiers_partages as fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join partagees on lignes.date = partagees.date
),

reunies as (
    select * from seules
    union all
    select * from classees
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
    from reunies
    where rang = 1
)

select * from final
