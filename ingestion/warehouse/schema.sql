-- The schema `control`: what is collected, what was collected, loaded and built; and two views of it in `marts`.
-- Safe to run at any time. An operator reads and edits source_fichier, station_suivie and capteur_suivi.

CREATE TABLE IF NOT EXISTS control.paquet_charge (
    numero bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domaine text NOT NULL,
    paquet text NOT NULL,
    charge_le timestamptz NOT NULL DEFAULT now(),
    UNIQUE (domaine, paquet)
);
CREATE TABLE IF NOT EXISTS control.construction (
    modele text PRIMARY KEY,
    numero bigint NOT NULL,
    construit_le timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS control.construction_entiere (
    etat text NOT NULL,
    construite_le timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE control.construction_entiere IS
    'At most one row: a digest of the warehouse and of the dbt project after the last build of every model';
COMMENT ON TABLE control.paquet_charge IS 'One row per lake package completely loaded into a raw schema';
COMMENT ON TABLE control.construction IS 'One row per incremental mart: the last package number it holds';
CREATE TABLE IF NOT EXISTS control.origine (lac text PRIMARY KEY);
COMMENT ON TABLE control.origine IS 'The one lake that this warehouse is loaded from';
CREATE TABLE IF NOT EXISTS control.source_fichier (
    domaine text NOT NULL DEFAULT 'meteo',
    nom_du_fichier text PRIMARY KEY,
    url_du_fichier text NOT NULL,
    annee_de_fin integer,
    liste boolean
);
-- Until November 2026 the table had no domain, and repeated what `lecture` says of the version held.
ALTER TABLE control.source_fichier
    ADD COLUMN IF NOT EXISTS domaine text NOT NULL DEFAULT 'meteo',
    DROP COLUMN IF EXISTS modifie_le,
    DROP COLUMN IF EXISTS longueur,
    DROP COLUMN IF EXISTS etag,
    DROP COLUMN IF EXISTS lignes,
    DROP COLUMN IF EXISTS paquet;
CREATE TABLE IF NOT EXISTS control.station_suivie (
    code_bss text PRIMARY KEY CHECK (code_bss ~ '^[^ ,]+$'),
    date_debut_mesure date,
    actif boolean NOT NULL DEFAULT true
);
CREATE TABLE IF NOT EXISTS control.capteur_suivi (
    code_capteur text PRIMARY KEY CHECK (code_capteur ~ '^([0-9A-Z]{8}|[0-9A-Z]{10}|[^ ,/]+/[^ ,]+)$'),
    actif boolean NOT NULL DEFAULT true
);
CREATE TABLE IF NOT EXISTS control.conservation (domaine text PRIMARY KEY, depuis timestamptz NOT NULL);
COMMENT ON TABLE control.capteur_suivi IS
    'One row per sensor that is read every hour, while actif: the code of a hydrometric station (10 characters), of a '
    'site (8), or a code BSS';
COMMENT ON TABLE control.conservation IS
    'One row per domain whose values are kept one by one for a time: those before depuis are gone from the raw schema';
COMMENT ON TABLE control.source_fichier IS
    'One row per file that is collected; a row with a URL added by hand is collected too';
COMMENT ON COLUMN control.source_fichier.domaine IS 'Domain of the file';
COMMENT ON COLUMN control.source_fichier.annee_de_fin IS 'Last year in the file; null when it grows';
COMMENT ON COLUMN control.source_fichier.liste IS
    'Whether the provider lists the file; false: not asked for any more; null: added by hand';
COMMENT ON TABLE control.station_suivie IS
    'One row per piezometer whose levels are collected, while actif; from date_debut_mesure on when it is set';

-- What was collected and built, and when.
CREATE TABLE IF NOT EXISTS control.collecte (
    domaine text PRIMARY KEY,
    tentee_le timestamptz,
    erreur text,
    reussie_le timestamptz,
    lignes bigint,
    refusees bigint,
    octets bigint,
    prochaine_le timestamptz,
    en_retard_le timestamptz
);
CREATE TABLE IF NOT EXISTS control.piece (
    domaine text,
    piece text,
    lue_le timestamptz NOT NULL,
    PRIMARY KEY (domaine, piece)
);
CREATE TABLE IF NOT EXISTS control.fraicheur (
    source text PRIMARY KEY,
    domaine text NOT NULL,
    derniere timestamptz,
    alerte_apres interval
);
CREATE TABLE IF NOT EXISTS control.contenu (
    nom_table text PRIMARY KEY,
    lignes bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS control.execution (
    nom text PRIMARY KEY,
    rapport jsonb NOT NULL
);
COMMENT ON TABLE control.collecte IS
    'One row per domain: its last collection, tried and successful; the next one and from when on it is late';
COMMENT ON COLUMN control.collecte.erreur IS 'Why the last one failed; null when it did not';
COMMENT ON TABLE control.piece IS 'One row per file or station: when it was last read, or found unchanged';
COMMENT ON TABLE control.fraicheur IS
    'One row per source table with a freshness in dbt: its newest row at the last build, and how old it may get';
COMMENT ON TABLE control.contenu IS 'One row per mart: its rows after the last build';
COMMENT ON TABLE control.execution IS 'One row per command or flow: the report of its last run';

-- What the API and the analysts see: neither view has the text of an error.
CREATE OR REPLACE VIEW marts.etat_source AS
SELECT
    c.domaine,
    c.reussie_le,
    c.tentee_le,
    c.erreur IS NOT NULL AS en_echec,
    c.lignes,
    c.refusees,
    f.derniere AS donnees_du,
    c.prochaine_le,
    coalesce(now() > c.en_retard_le, true) AS collecte_en_retard,
    coalesce(now() > f.en_retard_le, false) AS donnees_en_retard
FROM control.collecte AS c
LEFT JOIN (
    SELECT domaine, min(derniere) AS derniere, min(derniere + alerte_apres) AS en_retard_le
    FROM control.fraicheur
    GROUP BY domaine
) AS f ON c.domaine = f.domaine;
CREATE OR REPLACE VIEW marts.etat_table AS
SELECT t.nom_table, t.lignes, c.numero AS version, c.construit_le
FROM control.contenu AS t
LEFT JOIN control.construction AS c ON t.nom_table = c.modele;
COMMENT ON VIEW marts.etat_source IS
    'One row per domain: its last collection, tried and successful, what it brought, the next one, and whether it is '
    'late: no success since the last one due, or data older than dbt''s freshness allows';
COMMENT ON VIEW marts.etat_table IS
    'One row per table of marts: its rows, the number of the last lake package in it (version), and its last build';
COMMENT ON COLUMN marts.etat_source.domaine IS 'Domain: meteo, piezometrie …';
COMMENT ON COLUMN marts.etat_source.reussie_le IS 'Instant of its last successful collection (UTC)';
COMMENT ON COLUMN marts.etat_source.tentee_le IS 'Instant of its last collection, successful or not (UTC)';
COMMENT ON COLUMN marts.etat_source.en_echec IS 'Whether that one failed';
COMMENT ON COLUMN marts.etat_source.lignes IS 'Rows that the last successful collection brought to the lake';
COMMENT ON COLUMN marts.etat_source.refusees IS 'Records that it refused';
COMMENT ON COLUMN marts.etat_source.donnees_du IS 'Newest row of its source table that is furthest behind (UTC)';
COMMENT ON COLUMN marts.etat_source.prochaine_le IS 'Instant of the next collection planned (UTC)';
COMMENT ON COLUMN marts.etat_source.collecte_en_retard IS 'Whether no collection succeeded since the last one due';
COMMENT ON COLUMN marts.etat_source.donnees_en_retard IS 'Whether its data are older than their freshness allows';
COMMENT ON COLUMN marts.etat_table.nom_table IS 'Table of marts';
COMMENT ON COLUMN marts.etat_table.lignes IS 'Rows after the last build';
COMMENT ON COLUMN marts.etat_table.version IS 'Number of the last lake package in it (control.paquet_charge)';
COMMENT ON COLUMN marts.etat_table.construit_le IS 'Instant of its last build (UTC)';
