with source as (
    select * from {{ source('raw_piezometrie', 'lecture') }}
),

renamed as (
    select
        -- key
        paquet,
        code_bss,

        -- what was read
        lu_depuis,
        lignes,
        lu_le
    from source
),

final as (
    select * from renamed
)

select * from final
