{{ config(
    incremental_strategy='mirror',
    unique_key=['code_capteur', 'grandeur', 'debut'],
    full_refresh=false,
    meta={
        'scope': 'int_capteurs__scope',
        'match': 'target.code_capteur = scope.code_capteur and target.grandeur = scope.grandeur '
                  'and target.fin >= scope.depuis',
    },
) }}
-- depends_on: {{ ref('mesure_capteur_jour') }}

with instants as (
    select
        mesures.code_capteur,
        mesures.grandeur,
        mesures.instant
    from {{ ref('mesure_capteur') }} as mesures
    {{ sensors_to_build('lacune_capteur') }}
    {% if is_incremental() %}
    union all
    -- the last value before
    select
        jours.code_capteur,
        jours.grandeur,
        max(jours.dernier_instant) as instant
    from {{ ref('mesure_capteur_jour') }} as jours
    inner join {{ ref('int_capteurs__scope') }} as scope
        on
            scope.modele = 'lacune_capteur'
            and jours.code_capteur = scope.code_capteur
            and jours.grandeur = scope.grandeur
            and jours.jour < scope.jour
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

final as (
    select
        lacunes.*,
        case
            when
                exists (
                    select 1 from {{ ref('stg_capteurs__interruption') }} as interruptions
                    where lacunes.fin > interruptions.depuis and lacunes.debut < interruptions.jusqu_a
                )
                then 'historique perdu'
            else 'sans mesure'
        end as cause
    from lacunes
)

select * from final
