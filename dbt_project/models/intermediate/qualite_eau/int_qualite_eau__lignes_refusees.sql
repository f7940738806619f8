-- computes the rows that `int_qualite_eau__refus` builds
{{ config(materialized='ephemeral') }}
{%- set verdicts = [
    'plvconformitebacterio', 'plvconformitechimique', 'plvconformitereferencebact', 'plvconformitereferencechim',
] %}

with final as (
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
    {{ years_to_build('int_qualite_eau__refus') }}
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
    {{ years_to_build('int_qualite_eau__refus') }}
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
    {{ years_to_build('int_qualite_eau__refus') }}
    where lignes.referenceprel is null or lignes.cdparametresiseeaux is null
)

select * from final
