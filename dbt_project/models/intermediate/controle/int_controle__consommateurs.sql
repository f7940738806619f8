with consommateurs (modele, domaine) as (
    values
    ('meteo', 'meteo'),
    ('meteo:tests', 'meteo'),
    ('meteo_mensuelle', 'meteo'),
    ('piezo_meteo', 'meteo'),
    ('nappe', 'piezometrie'),
    ('nappe:tests', 'piezometrie'),
    ('nappe_historique', 'piezometrie'),
    ('nappe_mensuelle', 'piezometrie'),
    ('nappe_signalement', 'piezometrie'),
    ('indicateur_piezometrique', 'piezometrie'),
    ('piezo_meteo', 'piezometrie'),
    ('mesure_capteur', 'capteurs'),
    ('mesure_capteur:tests', 'capteurs'),
    ('mesure_capteur_jour', 'capteurs'),
    ('lacune_capteur', 'capteurs')
),

final as (
    select
        consommateurs.modele,
        consommateurs.domaine,
        coalesce(construction.numero, 0) as numero
    from consommateurs
    left join {{ source('control', 'construction') }} as construction
        on consommateurs.modele = construction.modele
)

select * from final
