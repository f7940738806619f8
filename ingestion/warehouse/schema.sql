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
DO $$
BEGIN  -- the API reads the table at every request: an ALTER that changes nothing would lock it all the same
    IF NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = 'control.construction'::regclass AND attname = 'usage'
    ) THEN
        ALTER TABLE control.construction ADD COLUMN usage text;
        UPDATE control.construction SET usage = CASE
            WHEN modele LIKE '%:tests' THEN 'tests'
            WHEN modele LIKE '%\_historique' THEN 'history'
            WHEN modele LIKE 'int\_%' THEN 'intermediate'
            ELSE 'marts'
        END;
    END IF;
END
$$;
CREATE TABLE IF NOT EXISTS control.construction_entiere (
    etat text NOT NULL,
    construite_le timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE control.construction_entiere IS
    'At most one row: a digest of the warehouse and of the dbt project after the last build of every model';
COMMENT ON TABLE control.paquet_charge IS 'One row per lake package completely loaded into a raw schema';
COMMENT ON TABLE control.construction IS 'One row per table of dbt, or its tests: the last package number it holds';
COMMENT ON COLUMN control.construction.usage IS 'What holds it: marts, history, intermediate, tests (of a mart)';
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

