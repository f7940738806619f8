{{ config(
    incremental_strategy='mirror',
    unique_key='rejet_id',
) }}

with refus as (
    select
        *,
        concat_ws(
            '|', domaine, objet,
            coalesce(reference, ''), coalesce(motif, ''), coalesce(texte, ''), coalesce(paquet, '')
        ) as contenu
    from {{ ref('int_controle__refus') }}
),

-- a line refused twice is two rows
numerotes as (
    select
        *,
        row_number() over (partition by contenu order by paquet) as rang
    from refus
),

final as (
    select
        md5(refus.contenu || '|' || refus.rang) as rejet_id,
        refus.domaine,
        refus.objet,
        refus.reference,
        refus.motif,
        refus.texte,
        refus.paquet,
        paquets.lu_le as constate_le
    from numerotes as refus
    left join {{ ref('int_controle__paquets') }} as paquets
        on refus.domaine = paquets.domaine and refus.paquet = paquets.paquet
)

select * from final
