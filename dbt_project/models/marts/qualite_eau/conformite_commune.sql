{{ config(
    incremental_strategy='mirror',
    unique_key=['code_insee', 'annee'],
    meta={
        'scope': 'int_qualite_eau__scope',
        'scope_columns': 'annee',
        'match': 'target.annee in (scope.annee, scope.annee + 1)',
    },
    indexes=[{'columns': ['annee']}],
) }}
-- depends_on: {{ ref('int_qualite_eau__scope') }}

with annuelle as (
    select * from {{ ref('int_qualite_eau__conformite_annuelle') }}
),

comparees as (
    select
        annuelle.*,
        {{ rounded('annuelle.part_conforme_bacterio - avant.part_conforme_bacterio') }} as evolution_bacterio,
        {{ rounded('annuelle.part_conforme_chimie - avant.part_conforme_chimie') }} as evolution_chimie
    from annuelle
    left join annuelle as avant
        on annuelle.code_insee = avant.code_insee and annuelle.annee = avant.annee + 1
    {% if is_incremental() %}
    where
        exists (
            select 1 from {{ ref('int_qualite_eau__scope') }} as scope
            where
                scope.modele = 'conformite_commune'
                and annuelle.annee in (scope.annee, scope.annee + 1)
        )
    {% endif %}
),

final as (
    select
        *,
        case
            when least(evolution_bacterio, evolution_chimie) < 0 then 'dégradation'
            when greatest(evolution_bacterio, evolution_chimie) > 0 then 'amélioration'
            when coalesce(evolution_bacterio, evolution_chimie) is not null then 'stable'
        end as tendance
    from comparees
)

select * from final
