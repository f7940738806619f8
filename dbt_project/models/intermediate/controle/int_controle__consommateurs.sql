with consommateurs (modele, domaine) as (
    values
    {%- for modele, domaine in consumers() %}
    ('{{ modele }}', '{{ domaine }}'){{ ',' if not loop.last }}
    {%- endfor %}
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
