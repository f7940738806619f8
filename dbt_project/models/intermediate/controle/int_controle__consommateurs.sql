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
    ('lacune_capteur', 'capteurs'),
    ('int_qualite_eau__parametres_publies', 'qualite_eau'),
    ('int_qualite_eau__reseaux_publies', 'qualite_eau'),
    ('int_qualite_eau__refus', 'qualite_eau'),
    ('prelevement', 'qualite_eau'),
    ('prelevement:tests', 'qualite_eau'),
    ('prelevement_historique', 'qualite_eau'),
    ('resultat_analyse', 'qualite_eau'),
    ('resultat_analyse_historique', 'qualite_eau'),
    ('conformite_commune', 'qualite_eau')
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
