{{ config(
    incremental_strategy='mirror',
    unique_key=['code_capteur', 'grandeur', 'jour'],
    full_refresh=false,
    meta={
        'perimetre': 'int_capteurs__perimetre',
        'portee': 'cible.code_capteur = perimetre.code_capteur and cible.grandeur = perimetre.grandeur '
                  'and cible.jour >= perimetre.jour',
    },
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build(['mesure_capteur']) }}",
) }}

with mesures as (
    select
        mesures.*,
        {{ utc_day('mesures.instant') }} as jour
    from {{ ref('mesure_capteur') }} as mesures
    {{ sensors_to_build('mesure_capteur_jour') }}
),

final as (
    select
        code_capteur,
        grandeur,
        jour,
        avg(valeur) as moyenne,
        min(valeur) as minimum,
        max(valeur) as maximum,
        cast(count(*) as integer) as mesures,
        min(unite) as unite,
        min(instant) as premier_instant,
        max(instant) as dernier_instant
    from mesures
    group by code_capteur, grandeur, jour
)

select * from final
