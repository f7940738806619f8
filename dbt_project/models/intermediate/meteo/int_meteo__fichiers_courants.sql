with lectures as (
    select
        *,
        row_number() over (partition by nom_du_fichier order by paquet desc, lu_le desc) as anciennete
    from {{ ref('stg_meteo__lecture') }}
),

final as (
    select
        nom_du_fichier,
        date_min,
        date_max,
        -- newest version first; the last two only make the order total
        row_number() over (order by modifie_le desc nulls last, paquet desc, nom_du_fichier desc) as rang
    from lectures
    where anciennete = 1
)

select * from final
