--# what one query could leave for the next
CREATE TABLE left_behind AS SELECT * FROM {conversations}

CREATE TEMP TABLE left_behind AS SELECT * FROM {conversations}; SELECT * FROM left_behind

SELECT * FROM left_behind

CREATE TEMP TABLE {messages:name} AS SELECT 1 AS poisoned

CREATE VIEW {open_schema}.{conversations:name} AS SELECT 'poisoned' AS x

CREATE OR REPLACE VIEW {open_schema}.{conversations:name} AS SELECT 'poisoned' AS x

CREATE OR REPLACE TEMP VIEW {conversations:name} AS SELECT 'poisoned' AS x

CREATE OR REPLACE MACRO main.count(x) AS 0

CREATE OR REPLACE MACRO {open_schema}.sum(x) AS 'poisoned'

CREATE TEMP MACRO upper(x) AS 'poisoned'

CREATE SCHEMA {secret_schema}

CREATE SCHEMA poisoned; USE poisoned

CREATE SEQUENCE s; SELECT nextval('s')

CREATE TYPE mood AS ENUM ('a'); SELECT 'a'::mood

CREATE TYPE INTEGER AS VARCHAR

CREATE INDEX i ON {conversations} ({topic})

DROP VIEW {conversations}

DROP SCHEMA {open_schema} CASCADE

DROP TABLE {attached}.main.data

DROP TABLE IF EXISTS {attached}.main.identity

DETACH {attached}

DETACH DATABASE IF EXISTS memory

ALTER VIEW {conversations} RENAME TO stolen

ALTER TABLE {attached}.main.data ADD COLUMN poisoned INTEGER

COMMENT ON VIEW {conversations} IS 'poisoned'

PREPARE left_behind AS SELECT 1

EXECUTE left_behind

SET VARIABLE left_behind = 1

SELECT getvariable('left_behind')

BEGIN TRANSACTION

BEGIN; DROP SCHEMA {open_schema} CASCADE; ROLLBACK

COMMIT

ROLLBACK

CHECKPOINT

FORCE CHECKPOINT {attached}

VACUUM

VACUUM ANALYZE {attached}.main.data

ANALYZE

CALL force_checkpoint()

CREATE TABLE t (x INTEGER DEFAULT (SELECT 1)); INSERT INTO t DEFAULT VALUES; FROM t

CREATE TRIGGER tr AFTER INSERT ON {attached}.main.data BEGIN SELECT 1; END

IMPORT DATABASE '{home}'
