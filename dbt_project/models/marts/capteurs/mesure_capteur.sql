{{ config(
    incremental_strategy='mirror',
    unique_key=['code_capteur', 'grandeur', 'instant'],
    meta={
        'scope': 'int_capteurs__scope',
        'match': 'target.code_capteur = scope.code_capteur and target.grandeur = scope.grandeur '
                  'and target.instant >= scope.depuis',
    },
    indexes=[{'columns': ['instant'], 'type': 'brin'}],
    pre_hook="{{ forget_old_rows('capteurs', 'instant') }}",
) }}

with mesures as (
    select mesures.*
    from {{ ref('int_capteurs__mesures') }} as mesures
    {{ sensors_to_build('mesure_capteur') }}
    -- a level without a depth, or the other way round
    where mesures.valeur is not null
),

classees as (
    select
        *,
        row_number() over (
            partition by code_capteur, grandeur, instant
            order by
                code_statut desc nulls last,
                {{ rank_in('code_qualification', var('qualifications_capteur')) }},
                -- the rest only makes the order total
                valeur desc, code_methode, code_continuite
        ) as rang
    from mesures
),

final as (
    select
        code_capteur,
        grandeur,
        instant,
        valeur,
        unite,
        cast(code_statut as integer) as code_statut,
        libelle_statut,
        cast(code_qualification as integer) as code_qualification,
        libelle_qualification,
        cast(code_methode as integer) as code_methode,
        libelle_methode,
        cast(code_continuite as integer) as code_continuite,
        libelle_continuite
    from classees
    where rang = 1
)

select * from final
