{{ config(
    incremental_strategy='append',
    indexes=[{'columns': ['date']}],
    pre_hook="{{ open_build(ref('int_meteo__perimetre'), 'cible.date = perimetre.date') }}",
    post_hook="{{ record_build(['meteo']) }}",
) }}

with
{% if is_incremental() %}
perimetre as (
    select date from {{ ref('int_meteo__perimetre') }}
    where modele = 'meteo'
),

{% endif %}
fichiers as (
    select
        fichiers.nom_du_fichier,
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
    select lignes.*
    from {{ ref('stg_meteo__quotidien') }} as lignes
    {% if is_incremental() %}
    inner join fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join perimetre on lignes.date = perimetre.date
    {% endif %}
    left join partagees on lignes.date = partagees.date
    where partagees.date is null
),

gagnantes as (
    {% call first_per_key('lignes.*', ['lignes.lambx', 'lignes.lamby', 'lignes.date'], ['fichiers.rang']) %}
    from {{ ref('stg_meteo__quotidien') }} as lignes
    inner join fichiers on lignes.nom_du_fichier = fichiers.nom_du_fichier
    inner join partagees on lignes.date = partagees.date
    {% endcall %}
),

final as (
    select * from seules
    union all
    select * from gagnantes
)

select * from final
