with source as (
    select * from {{ source('raw_piezometrie', 'chroniques') }}
),

renamed as (
    select
        nullif(code_bss, '') as code_bss,
        date_mesure,
        paquet,
        {{ json_text([
            'code_bss', 'urn_bss', 'date_mesure', 'timestamp_mesure', 'niveau_nappe_eau', 'profondeur_nappe',
            'statut', 'qualification',
        ]) }} as texte
    from source
    where code_bss is null or code_bss = '' or date_mesure is null
),

final as (
    select * from renamed
)

select * from final
