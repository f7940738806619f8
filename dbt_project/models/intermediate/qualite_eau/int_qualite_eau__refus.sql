{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['annee', 'refus'],
    meta={'perimetre': 'int_qualite_eau__perimetre', 'cles': 'annee', 'portee': 'cible.annee = perimetre.annee'},
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}
{%- set verdicts = [
    'plvconformitebacterio', 'plvconformitechimique', 'plvconformitereferencebact', 'plvconformitereferencechim',
] %}

with refusees as (
    select
        lignes.annee,
        lignes.nom_du_fichier,
        'com_udi' as objet,
        concat_ws(', ', lignes.code_insee, lignes.cdreseau) as reference,
        case
            when lignes.code_insee is null then 'inseecommune missing'
            when lignes.cdreseau is null then 'cdreseau missing'
            else 'debutalim unreadable; the rest is kept'
        end as motif,
        {{ json_text(['code_insee', 'nomcommune', 'quartier', 'cdreseau', 'nomreseau', 'debutalim_publie']) }}
            as texte
    from {{ ref('stg_qualite_eau__communes_udi') }} as lignes
    {{ years_to_build() }}
    where
        lignes.code_insee is null or lignes.cdreseau is null
        or (lignes.debutalim is null and lignes.debutalim_publie <> '')
    union all
    select
        lignes.annee,
        lignes.nom_du_fichier,
        'plv' as objet,
        concat_ws(', ', lignes.referenceprel, lignes.cdreseau) as reference,
        case
            when lignes.referenceprel is null then 'referenceprel missing'
            when lignes.cdreseau is null then 'cdreseau missing'
            when lignes.dateprel is null then 'dateprel unreadable'
            else 'verdict unknown; the rest is kept'
        end as motif,
        {{ json_text(['referenceprel', 'cdreseau', 'dateprel_publie', 'heureprel'] + verdicts) }} as texte
    from {{ ref('stg_qualite_eau__prelevements') }} as lignes
    {{ years_to_build() }}
    where
        lignes.referenceprel is null or lignes.cdreseau is null or lignes.dateprel is null
        {%- for verdict in verdicts %}
        or lignes.{{ verdict }} not in ('', 'C', 'N', 'S', 'D')
        {%- endfor %}
    union all
    select
        lignes.annee,
        lignes.nom_du_fichier,
        'result' as objet,
        concat_ws(', ', lignes.referenceprel, lignes.cdparametresiseeaux) as reference,
        case
            when lignes.referenceprel is null then 'referenceprel missing' else 'cdparametresiseeaux missing'
        end as motif,
        {{ json_text(['referenceprel', 'cdparametresiseeaux', 'libminparametre', 'referenceanl', 'rqana']) }}
            as texte
    from {{ ref('stg_qualite_eau__resultats') }} as lignes
    {{ years_to_build() }}
    where lignes.referenceprel is null or lignes.cdparametresiseeaux is null
),

paquets as (
    select
        nom_du_fichier,
        max(paquet) as paquet
    from {{ ref('stg_qualite_eau__lecture') }}
    group by nom_du_fichier
),

numerotees as (
    select
        refusees.annee,
        refusees.objet,
        refusees.reference,
        refusees.motif,
        refusees.texte,
        paquets.paquet,
        row_number() over (
            partition by refusees.annee, refusees.objet, refusees.texte
            order by refusees.nom_du_fichier
        ) as rang
    from refusees
    left join paquets on refusees.nom_du_fichier = paquets.nom_du_fichier
),

final as (
    select
        *,
        md5(concat_ws('|', objet, texte, rang)) as refus
    from numerotees
)

select * from final
