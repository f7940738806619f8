with source as (
    select * from {{ source('raw_capteurs', 'rejet') }}
),

renamed as (
    select
        paquet,
        objet,
        reference,
        motif,
        texte
    from source
),

final as (
    select * from renamed
)

select * from final
