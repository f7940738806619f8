-- The raw tables that dbt reads, as ingestion creates them.
create schema if not exists raw_meteo;
create schema if not exists raw_piezometrie;
create schema if not exists raw_communes;
create schema if not exists raw_capteurs;

create table if not exists raw_meteo.sim2 (
    lambx bigint, lamby bigint, date date,
    prenei double precision, preliq double precision, t double precision, ff double precision, q double precision,
    dli double precision, ssi double precision, hu double precision, evap double precision, etp double precision,
    pe double precision, swi double precision, sswi_10j double precision, drainc double precision,
    runc double precision, resr_neige double precision, resr_neige6 double precision, hteurneige double precision,
    hteurneige6 double precision, hteurneigex double precision, snow_frac double precision,
    ecoulement double precision, wg_racine double precision, wgi_racine double precision, tinf_h double precision,
    tsup_h double precision, nom_du_fichier varchar
);
create index if not exists sim2_portee on raw_meteo.sim2 (nom_du_fichier);
create table if not exists raw_meteo.lecture (
    paquet varchar, nom_du_fichier varchar, url varchar, modifie_le timestamptz, longueur bigint, etag varchar,
    lignes bigint, refusees bigint, mailles bigint, date_min date, date_max date, lu_le timestamptz,
    colonnes_nouvelles varchar
);
create table if not exists raw_meteo.maille (
    lambx bigint, lamby bigint, x_lambert2 double precision, y_lambert2 double precision,
    x_lambert93 double precision, y_lambert93 double precision, longitude double precision,
    latitude double precision
);
create table if not exists raw_meteo.rejet (
    paquet varchar, nom_du_fichier varchar, ligne bigint, colonne varchar, motif varchar, texte varchar
);

create table if not exists raw_piezometrie.stations (
    code_bss varchar, urn_bss varchar, date_debut_mesure date, date_fin_mesure date, code_commune_insee varchar,
    nom_commune varchar, x double precision, y double precision, codes_bdlisa varchar, urns_bdlisa varchar,
    geometry varchar, bss_id varchar, altitude_station varchar, nb_mesures_piezo bigint, code_departement varchar,
    nom_departement varchar, libelle_pe varchar, profondeur_investigation double precision,
    codes_masse_eau_edl varchar, noms_masse_eau_edl varchar, urns_masse_eau_edl varchar, date_maj timestamptz,
    x_lambert2 double precision, y_lambert2 double precision, lu_le timestamptz
);
create table if not exists raw_piezometrie.chroniques (
    code_bss varchar, urn_bss varchar, date_mesure date, timestamp_mesure bigint, niveau_nappe_eau double precision,
    profondeur_nappe double precision, mode_obtention varchar, statut varchar, qualification varchar,
    code_continuite varchar, nom_continuite varchar, code_producteur varchar, nom_producteur varchar,
    code_nature_mesure varchar, nom_nature_mesure varchar, lu_depuis date, paquet varchar
);
create index if not exists chroniques_portee on raw_piezometrie.chroniques (code_bss, date_mesure);
create table if not exists raw_piezometrie.lecture (
    paquet varchar, code_bss varchar, lu_depuis date, lignes bigint, lu_le timestamptz
);
create table if not exists raw_piezometrie.codes (
    entite varchar, code varchar, nom varchar, paquet varchar
);
create table if not exists raw_piezometrie.rejet (
    paquet varchar, objet varchar, reference varchar, motif varchar, texte varchar
);

create table if not exists raw_communes.communes (
    code_insee varchar, nom_standard varchar, dep_code varchar, dep_nom varchar, reg_code varchar, reg_nom varchar,
    codes_postaux varchar, population double precision, superficie_km2 double precision,
    latitude_mairie double precision, longitude_mairie double precision, latitude_centre double precision,
    longitude_centre double precision, paquet varchar
);
create table if not exists raw_communes.lecture (
    paquet varchar, url varchar, modifie_le timestamptz, lignes bigint, refusees bigint, colonnes_nouvelles varchar,
    lu_le timestamptz
);
create table if not exists raw_communes.rejet (
    motif varchar, reference varchar, texte varchar, paquet varchar
);

create table if not exists raw_capteurs.stations_hydrometriques (
    code_capteur varchar, code_site varchar, libelle_site varchar, code_station varchar, libelle_station varchar,
    longitude_station double precision, latitude_station double precision, altitude_ref_alti_station double precision,
    code_systeme_alti_site bigint, code_commune_station varchar, libelle_commune varchar, code_departement varchar,
    libelle_cours_eau varchar, en_service boolean, lu_le timestamptz
);
create table if not exists raw_capteurs.stations_piezometriques (
    code_bss varchar, libelle_pe varchar, code_departement varchar, code_commune_insee varchar, nom_commune varchar,
    x double precision, y double precision, altitude_station varchar, lu_le timestamptz
);
create table if not exists raw_capteurs.observations_tr (
    code_site varchar, code_station varchar, grandeur_hydro varchar, date_obs timestamptz,
    resultat_obs double precision, code_methode_obs bigint, libelle_methode_obs varchar,
    code_qualification_obs bigint, libelle_qualification_obs varchar, code_statut bigint, libelle_statut varchar,
    code_continuite bigint, libelle_continuite varchar, code_capteur varchar, lu_depuis timestamptz, paquet varchar
);
create index if not exists observations_tr_portee
on raw_capteurs.observations_tr (code_capteur, grandeur_hydro, date_obs);
create table if not exists raw_capteurs.chroniques_tr (
    code_bss varchar, date_mesure timestamptz, niveau_eau_ngf double precision, profondeur_nappe double precision,
    code_capteur varchar, lu_depuis timestamptz, paquet varchar
);
create index if not exists chroniques_tr_portee on raw_capteurs.chroniques_tr (code_capteur, date_mesure);
create table if not exists raw_capteurs.lecture (
    paquet varchar, code_capteur varchar, grandeur varchar, lu_depuis timestamptz, dernier_instant timestamptz,
    lignes bigint, lu_le timestamptz
);
create table if not exists raw_capteurs.interruption (
    depuis timestamptz, jusqu_a timestamptz, paquet varchar
);
create table if not exists raw_capteurs.rejet (
    code_capteur varchar, objet varchar, reference varchar, motif varchar, texte varchar, paquet varchar
);

create schema if not exists raw_qualite_eau;
create table if not exists raw_qualite_eau.com_udi (
    inseecommune varchar, nomcommune varchar, quartier varchar, cdreseau varchar, nomreseau varchar,
    debutalim varchar, annee bigint, nom_du_fichier varchar
);
create index if not exists com_udi_portee on raw_qualite_eau.com_udi (nom_du_fichier);
create table if not exists raw_qualite_eau.plv (
    cddept varchar, cdreseau varchar, inseecommuneprinc varchar, nomcommuneprinc varchar, cdreseauamont varchar,
    nomreseauamont varchar, pourcentdebit varchar, referenceprel varchar, dateprel varchar, heureprel varchar,
    conclusionprel varchar, ugelib varchar, distrlib varchar, moalib varchar, plvconformitebacterio varchar,
    plvconformitechimique varchar, plvconformitereferencebact varchar, plvconformitereferencechim varchar,
    annee bigint, nom_du_fichier varchar
);
create index if not exists plv_portee on raw_qualite_eau.plv (nom_du_fichier);
create table if not exists raw_qualite_eau.result (
    cddept varchar, referenceprel varchar, cdparametresiseeaux varchar, cdparametre varchar, libmajparametre varchar,
    libminparametre varchar, libwebparametre varchar, qualitparam varchar, insituana varchar, rqana varchar,
    cdunitereferencesiseeaux varchar, cdunitereference varchar, limitequal varchar, refqual varchar,
    valtraduite varchar, casparam varchar, referenceanl varchar, annee bigint, nom_du_fichier varchar
);
create index if not exists result_portee on raw_qualite_eau.result (nom_du_fichier);
create table if not exists raw_qualite_eau.lecture (
    paquet varchar, nom_du_fichier varchar, url varchar, modifie_le timestamptz, longueur bigint, etag varchar,
    annee bigint, com_udi bigint, plv bigint, result bigint, refusees bigint, colonnes_nouvelles varchar,
    lu_le timestamptz
);
create table if not exists raw_qualite_eau.rejet (
    paquet varchar, nom_du_fichier varchar, membre varchar, ligne bigint, colonne varchar, motif varchar, texte varchar
);
