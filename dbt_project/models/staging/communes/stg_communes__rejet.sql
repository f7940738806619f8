with source as (
    select * from {{ source('raw_communes', 'rejet') }}
),

renamed as (
    select
        paquet,
        'communes' as objet,
        reference,
        motif,
        texte
    from source
),

final as (
    select * from renamed
)

select * from final
