{{ config(
    incremental_strategy='mirror',
    unique_key=['code_capteur', 'grandeur', 'debut'],
    full_refresh=false,
    meta={
        'perimetre': 'int_capteurs__perimetre',
        'portee': 'cible.code_capteur = perimetre.code_capteur and cible.grandeur = perimetre.grandeur '
                  'and cible.fin >= perimetre.depuis',
    },
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['mesure_capteur_jour']) }}",
) }}

with instants as (
    select
        mesures.code_capteur,
        mesures.grandeur,
        mesures.instant
    from {{ ref('mesure_capteur') }} as mesures
    {{ sensors_to_build('lacune_capteur') }}
    {% if is_incremental() or not execute %}
    union all
    -- the last value before
    select
        jours.code_capteur,
        jours.grandeur,
        max(jours.dernier_instant) as instant
    from {{ ref('mesure_capteur_jour') }} as jours
    inner join {{ ref('int_capteurs__perimetre') }} as perimetre
        on
            perimetre.modele = 'lacune_capteur'
            and jours.code_capteur = perimetre.code_capteur
            and jours.grandeur = perimetre.grandeur
            and jours.jour < perimetre.jour
    group by jours.code_capteur, jours.grandeur
    {% endif %}
),

intervalles as (
    select
        code_capteur,
        grandeur,
        lag(instant) over (partition by code_capteur, grandeur order by instant) as debut,
        instant as fin
    from instants
),

lacunes as (
    select
        *,
        {{ hours_between('debut', 'fin') }} as heures
    from intervalles
    where {{ hours_between('debut', 'fin') }} > {{ var('lacune_heures') }}
),

perdues as (
    select distinct
        lacunes.code_capteur,
        lacunes.grandeur,
        lacunes.debut
    from lacunes
    inner join {{ ref('stg_capteurs__interruption') }} as interruptions
        on lacunes.fin > interruptions.depuis and lacunes.debut < interruptions.jusqu_a
),

final as (
    select
        lacunes.code_capteur,
        lacunes.grandeur,
        lacunes.debut,
        lacunes.fin,
        lacunes.heures,
        case when perdues.debut is null then 'sans mesure' else 'historique perdu' end as cause
    from lacunes
    left join perdues
        on
            lacunes.code_capteur = perdues.code_capteur
            and lacunes.grandeur = perdues.grandeur
            and lacunes.debut = perdues.debut
)

select * from final
