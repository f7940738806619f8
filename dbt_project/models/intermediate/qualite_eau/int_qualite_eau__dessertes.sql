with final as (
    select distinct
        annee,
        code_insee,
        cdreseau
    from {{ ref('stg_qualite_eau__communes_udi') }}
    where code_insee is not null and cdreseau is not null
)

select * from final
