with source as (
    select * from {{ source('raw_capteurs', 'interruption') }}
),

renamed as (
    select
        depuis,
        jusqu_a,
        paquet
    from source
),

final as (
    select * from renamed
)

select * from final
