-- Which piezometers moved, were renamed or changed commune, when, and by how many metres?
with versions as (
    select
        *,
        lag(libelle_pe) over piezometre as libelle_avant,
        lag(code_commune_insee) over piezometre as commune_avant,
        lag(x_lambert2) over piezometre as x_avant,
        lag(y_lambert2) over piezometre as y_avant,
        row_number() over piezometre as numero
    from {{ ref('info_nappe_historique') }}
    window piezometre as (partition by code_bss order by dbt_valid_from)
),

final as (
    select
        code_bss,
        dbt_valid_from as change_le,
        libelle_avant,
        libelle_pe as libelle_apres,
        commune_avant,
        code_commune_insee as commune_apres,
        round(sqrt(power(x_lambert2 - x_avant, 2) + power(y_lambert2 - y_avant, 2))) as deplacement_m
    from versions
    where
        numero > 1
        and (
            libelle_avant is distinct from libelle_pe
            or commune_avant is distinct from code_commune_insee
            or x_avant is distinct from x_lambert2
            or y_avant is distinct from y_lambert2
        )
)

select * from final
order by change_le desc, code_bss asc
