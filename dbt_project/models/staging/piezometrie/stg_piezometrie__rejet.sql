with source as (
    select * from {{ source('raw_piezometrie', 'rejet') }}
),

renamed as (
    select
        cast(paquet as text) as paquet,
        cast(objet as text) as objet,
        cast(reference as text) as reference,
        cast(motif as text) as motif,
        cast(texte as text) as texte
    from source
),

final as (
    select * from renamed
)

select * from final
