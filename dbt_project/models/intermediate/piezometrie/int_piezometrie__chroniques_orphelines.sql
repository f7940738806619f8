with codes_lus as (
    select distinct code_bss from {{ ref('stg_piezometrie__lecture') }}
),

inconnues as (
    select codes_lus.code_bss
    from codes_lus
    left join {{ ref('stg_piezometrie__stations') }} as stations on codes_lus.code_bss = stations.code_bss
    where stations.code_bss is null
),

final as (
    select
        mesures.code_bss,
        mesures.date_mesure,
        mesures.paquet,
        {{ json_text([
            'timestamp_mesure', 'niveau_nappe_eau', 'profondeur_nappe', 'mode_obtention', 'statut', 'qualification',
            'code_nature_mesure', 'code_continuite', 'code_producteur',
        ]) }} as texte
    from {{ ref('stg_piezometrie__chroniques') }} as mesures
    inner join inconnues on mesures.code_bss = inconnues.code_bss
)

select * from final
