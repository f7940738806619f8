with source as (
    select * from {{ source('raw_piezometrie', 'lecture') }}
),

renamed as (
    select
        -- key
        cast(paquet as text) as paquet,
        cast(code_bss as text) as code_bss,

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
