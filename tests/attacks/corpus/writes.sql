COPY {conversations} TO '{drop}/out.csv'

COPY (SELECT * FROM {conversations}) TO '{drop}/out.parquet' (FORMAT parquet)

COPY (SELECT 1) TO '{drop}/out.json'

COPY {conversations} TO 'out.csv'

COPY (SELECT 1 AS x) TO '.tmp/x.csv'; SELECT * FROM read_csv('.tmp/x.csv')

COPY (SELECT 1) TO '/tmp/nightlight-attack-out.csv'

COPY (SELECT 1) TO '/dev/stdout'

COPY (SELECT 1) TO '/proc/self/fd/1'

COPY (SELECT 1) TO '{lake}/{open_schema:raw}/{messages:raw}/x.parquet'

COPY (SELECT 1) TO '{drop}' (FORMAT parquet, PARTITION_BY (x))

COPY {attached}.main.data FROM '{file}'

COPY FROM DATABASE {attached} TO memory

EXPORT DATABASE '{drop}/export'

EXPORT DATABASE '{drop}/export' (FORMAT parquet)

CALL copy_database('extract 1', 'your data')

INSERT INTO {conversations} VALUES (1)

INSERT INTO {attached}.main.data SELECT * FROM {attached}.main.data

INSERT INTO {attached}.main.data BY NAME SELECT 1 AS {topic} RETURNING *

INSERT OR REPLACE INTO {conversations} DEFAULT VALUES

UPDATE {conversations} SET {topic} = 'poisoned'

UPDATE {attached}.main.data SET {topic} = 'poisoned' RETURNING *

DELETE FROM {conversations}

DELETE FROM {attached}.main.data RETURNING *

DELETE FROM {incidents} RETURNING *

TRUNCATE {attached}.main.data

MERGE INTO {attached}.main.data USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE

MERGE INTO {incidents} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE RETURNING *

WITH x AS (DELETE FROM {conversations} RETURNING *) SELECT * FROM x

WITH x AS (DELETE FROM {attached}.main.data RETURNING *) SELECT * FROM x

WITH x AS (UPDATE {attached}.main.data SET {topic} = 'poisoned' RETURNING *) SELECT * FROM x

WITH x AS (INSERT INTO {attached}.main.data DEFAULT VALUES RETURNING *) SELECT count(*) FROM x

WITH x AS (DELETE FROM {incidents} RETURNING *) SELECT * FROM x

WITH x AS (MERGE INTO {incidents} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE RETURNING *) SELECT * FROM x

WITH x AS (COPY (SELECT 1) TO '{drop}/cte.csv') SELECT 1

EXPLAIN ANALYZE INSERT INTO {attached}.main.data DEFAULT VALUES

EXPLAIN ANALYZE COPY (SELECT 1) TO '{drop}/explained.csv'

EXPLAIN ANALYZE DELETE FROM {conversations}

CREATE TABLE {attached}.main.more AS SELECT 1

CREATE TABLE {open_schema}.more AS FROM {conversations}; FROM {open_schema}.more

CREATE OR REPLACE TABLE {open_schema}.{messages:name} AS SELECT 1

SELECT 1 INTO stolen

LOAD DATABASE '{drop}'

CREATE EXTERNAL RESOURCE r

UPDATE EXTENSIONS

CALL truncate_duckdb_logs()
