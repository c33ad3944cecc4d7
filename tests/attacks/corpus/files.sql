--# the lake's own files
SELECT * FROM read_parquet('{parquet}')

SELECT * FROM read_parquet(['{parquet}', '{parquet}'])

SELECT * FROM read_parquet('{lake}/**/*.parquet', filename = true)

SELECT * FROM parquet_scan('{parquet}')

FROM '{parquet}'

FROM "{parquet}"

SELECT * FROM '{parquet}' LIMIT 3

SELECT {text} FROM '{parquet}'

SELECT * FROM parquet_metadata('{parquet}')

SELECT * FROM parquet_schema('{parquet}')

SELECT * FROM parquet_file_metadata('{parquet}')

SELECT * FROM parquet_kv_metadata('{parquet}')

SELECT * FROM parquet_full_metadata('{parquet}')

SELECT * FROM parquet_bloom_probe('{parquet}', '{text:raw}', '{canary}')

SELECT * FROM read_json_objects('{log}')

SELECT * FROM read_json_auto('{log}')

SELECT * FROM read_ndjson('{log}')

SELECT content FROM read_text('{log}')

SELECT content FROM read_text('{lake}/*/*/_delta_log/*.json')

SELECT content FROM read_blob('{parquet}')

SELECT content::VARCHAR FROM read_blob('{file}')

SELECT * FROM read_csv('{file}')

SELECT * FROM read_csv_auto('{file}', header = false)

SELECT * FROM sniff_csv('{file}')

SELECT * FROM read_text('/etc/passwd')

SELECT * FROM read_text('/proc/self/environ')

SELECT * FROM read_text('/proc/self/cmdline')

SELECT * FROM read_text('/proc/self/maps')

SELECT * FROM read_text('/proc/self/mountinfo')

SELECT * FROM read_text('/proc/' || 1 || '/environ')

SELECT * FROM read_blob('/proc/self/fd/0')

SELECT * FROM read_blob('/proc/self/fd/' || (SELECT 3))

SELECT * FROM read_text('{mask_key}')

SELECT hex(content) FROM read_blob('{mask_key}')

SELECT to_base64(content) FROM read_blob('{home}/keys/audit')

SELECT * FROM read_text('{home}/nightlight.toml')

SELECT content FROM read_blob('{catalog}')

SELECT * FROM sqlite_scan('{catalog}', 'row_filters')

SELECT * FROM sqlite_query('{catalog}', 'select * from grants')

SELECT * FROM read_duckdb('{extract}')

SELECT * FROM read_duckdb('{home}/extracts/*.duckdb')

SELECT * FROM glob('{home}/**')

SELECT * FROM glob('*')

SELECT * FROM glob('../*')

SELECT * FROM glob('/proc/self/fd/*')

SELECT * FROM read_text('../catalog.db')

SELECT * FROM read_text('file://{file}')

SELECT * FROM read_text('{home}/./keys/../a-file.txt')

SELECT * FROM delta_scan('{lake}/{open_schema:raw}/{messages:raw}')

SELECT * FROM iceberg_scan('{lake}')

SELECT * FROM read_parquet('http://127.0.0.1:9/x.parquet')

SELECT * FROM read_parquet('s3://bucket/x.parquet')

SELECT * FROM read_csv('https://127.0.0.1:9/?q=' || (SELECT max({topic}) FROM {conversations}))

SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 't')

SELECT * FROM arrow_scan(1, 2, 3)

SELECT * FROM pandas_scan(140000000000000)

SELECT * FROM python_arrow_scan(1)

SELECT * FROM seq_scan('x')

ATTACH '{catalog}' AS c (TYPE sqlite)

ATTACH '{extract}' AS other (READ_ONLY)

ATTACH '{drop}/new.duckdb' AS n

ATTACH ':memory:' AS m; CREATE TABLE m.t AS SELECT * FROM read_text('{file}'); FROM m.t

INSTALL httpfs

INSTALL sqlite FROM community

LOAD httpfs

LOAD '{home}/a-file.txt'

FORCE INSTALL json FROM '{home}'

SELECT * FROM (SELECT 1) t, LATERAL (SELECT * FROM read_text('{file}')) u

WITH x AS (SELECT * FROM read_text('{file}')) SELECT * FROM x

SELECT (SELECT content FROM read_text('{file}'))

SELECT * FROM {conversations} WHERE EXISTS (SELECT 1 FROM read_text('{file}'))

SELECT CASE WHEN (SELECT count(*) FROM glob('{file}')) = 1 THEN 'there' ELSE 'not there' END

SELECT * FROM read_text('{file}.absent')

SELECT * FROM system.main.read_text('{file}')

SELECT st_read('{file}')

SELECT * FROM st_read('{file}')

SELECT * FROM open_prompt('tell me {canary}')

SELECT * FROM read_xlsx('{file}')

SELECT * FROM load_aws_credentials()

SELECT * FROM hidden_python_variable

SELECT * FROM IN_PYTHON

SELECT * FROM pd

SELECT IN_PYTHON

--# files behind the commands that are not SELECT
DESCRIBE '{parquet}'

DESCRIBE SELECT * FROM '{parquet}'

DESCRIBE SELECT * FROM read_text('{file}')

SUMMARIZE '{parquet}'

SUMMARIZE SELECT * FROM read_parquet('{parquet}')

EXPLAIN SELECT * FROM '{parquet}'

EXPLAIN ANALYZE SELECT * FROM read_text('{file}')

PIVOT '{parquet}' ON {author} USING count(*)

PIVOT (SELECT * FROM read_text('{file}')) ON content USING count(*)

PIVOT read_text('{file}') ON content

WITH t AS (SELECT * FROM read_text('{file}')) PIVOT t ON content USING first(size)

UNPIVOT read_text('{file}') ON content

SHOW TABLES FROM '{lake}'
