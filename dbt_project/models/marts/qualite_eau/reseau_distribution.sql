{{ config(
    incremental_strategy='mirror',
    unique_key='cdreseau',
) }}

with publies as (
    select * from {{ ref('int_qualite_eau__reseaux_publies') }}
),

classes as (
    select
        *,
        min(annee) over (partition by cdreseau) as premiere_annee,
        max(annee) over (partition by cdreseau) as derniere_annee,
        row_number() over (
            partition by cdreseau
            order by case when nomreseau is null then 1 else 0 end, annee desc
        ) as rang
    from publies
),

final as (
    select
        cdreseau,
        nomreseau,
        -- three characters, the first of which is a zero but overseas: 001, 02A, 974
        case
            when cdreseau like '0%' then substring(cdreseau, 2, 2) else substring(cdreseau, 1, 3)
        end as code_departement,
        premiere_annee,
        derniere_annee
    from classes
    where rang = 1
)

select * from final
