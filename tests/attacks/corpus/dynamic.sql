SELECT * FROM query('SELECT * FROM {secret_table}')

SELECT * FROM query('SELECT {text} FROM {messages}')

SELECT * FROM query('SELECT * FROM read_text(''{file}'')')

SELECT * FROM query('SELECT * FROM ' || 'duckdb_databases()')

SELECT * FROM query_table('{secret_table:raw}')

SELECT * FROM query_table(['{open_schema:raw}.{messages:raw}', '{secret_schema:raw}.{secret_table:raw}'])

SELECT * FROM query_table('duckdb_settings')

SELECT * FROM system.main.query('SELECT 1')

SELECT * FROM main.query('SELECT 1')

SELECT * FROM memory.main.query_table('{messages:raw}')

WITH q AS (SELECT * FROM query('FROM {incidents}')) SELECT * FROM q

SELECT (SELECT count(*) FROM query('FROM {incidents}'))

SELECT * FROM {conversations} c, LATERAL (SELECT * FROM query('FROM {incidents}')) d

SELECT json_serialize_sql('SELECT * FROM {secret_table}')

SELECT json_serialize_plan('SELECT * FROM {secret_table}')

SELECT json_serialize_plan('SELECT {text} FROM {messages}')

SELECT json_deserialize_sql(json_serialize_sql('SELECT 1'))

SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM {secret_table}'))

SELECT * FROM json_execute_serialized_sql((SELECT json_serialize_sql('SELECT 1')))

PRAGMA json_execute_serialized_sql('{"statements": []}')

PREPARE p AS SELECT * FROM {secret_table}; EXECUTE p

EXECUTE p

EXECUTE stolen('{canary}')

DEALLOCATE p

CREATE MACRO steal() AS TABLE SELECT * FROM {secret_table}; FROM steal()

CREATE OR REPLACE MACRO main.lower(x) AS (SELECT max({reason}) FROM {secret_table}); SELECT lower('A')

CREATE FUNCTION f(x) AS x + 1; SELECT f(1)

CALL query('SELECT 1')

SELECT apply(['{secret_table:raw}'], lambda t: (FROM query_table(t)))

SELECT eval('SELECT 1')

SELECT list_aggregate([1, 2], 'query')

SELECT list_aggr(['{file}'], 'read_text')

SELECT aggregate([1], 'current_setting')

SELECT list_transform(['temp_directory'], lambda s: current_setting(s))

SELECT list_reduce(['a', 'b'], lambda x, y: error(x))

SELECT error('{canary}')

SELECT CASE WHEN {topic} = 'sleep' THEN error({topic}) END FROM {conversations}

SELECT invoke(lambda x: current_setting(x), 'home_directory')

SELECT parse_duckdb_log_message('QueryLog', '{canary}')

SELECT from_json('{"a": 1}', '{"a": "INTEGER"}'), json_transform('{"a": 1}', '{"a": "INTEGER"}')

SELECT * FROM json_each('{"a": 1}')

SELECT cast_to_type('1', NULL::INTEGER), can_cast_implicitly(1, 2::BIGINT)

SELECT $1

SELECT ?

SELECT $canary
