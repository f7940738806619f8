{{ config(
    incremental_strategy='mirror',
    unique_key=['code_capteur', 'grandeur', 'jour'],
    full_refresh=false,
    meta={
        'scope': 'int_capteurs__scope',
        'match': 'target.code_capteur = scope.code_capteur and target.grandeur = scope.grandeur '
                  'and target.jour >= scope.jour',
    },
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
