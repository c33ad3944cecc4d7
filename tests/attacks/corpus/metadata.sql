SHOW TABLES

SHOW ALL TABLES

SHOW DATABASES

SHOW SCHEMAS

SHOW {messages}

SHOW {secret_table}

SHOW VARIABLES

DESCRIBE

DESCRIBE {messages}

DESCRIBE {conversations}

DESCRIBE {secret_table}

DESCRIBE {incidents}

DESCRIBE SELECT * FROM {conversations}

DESCRIBE SELECT * FROM {secret_table}

DESCRIBE SELECT {text} FROM {messages}

SELECT * FROM (DESCRIBE {messages})

SELECT column_name FROM (DESCRIBE {conversations}) WHERE column_name LIKE '%'

SUMMARIZE {messages}

SUMMARIZE {conversations}

SUMMARIZE {secret_table}

SUMMARIZE SELECT * FROM {conversations}

SELECT * FROM (SUMMARIZE {conversations})

SELECT "min", "max", approx_unique FROM (SUMMARIZE {messages})

SELECT * FROM (SUMMARIZE {incidents})

EXPLAIN SELECT * FROM {conversations}

EXPLAIN SELECT {text} FROM {messages}

EXPLAIN SELECT * FROM {secret_table}

EXPLAIN ANALYZE SELECT * FROM {messages} m JOIN {conversations} c USING ({conversation_id})

EXPLAIN ANALYZE SELECT count(*) FROM {conversations} WHERE {risk} > 4

EXPLAIN (FORMAT json) SELECT * FROM {conversations} WHERE {region} LIKE '%{canary}%'

EXPLAIN ANALYZE SELECT * FROM {incidents}

SELECT * FROM information_schema.tables

SELECT * FROM information_schema.columns

SELECT * FROM information_schema.schemata

SELECT * FROM information_schema.views

SELECT * FROM information_schema.key_column_usage

SELECT * FROM information_schema.role_table_grants

SELECT * FROM duckdb_tables()

SELECT * FROM duckdb_columns()

SELECT * FROM duckdb_views()

SELECT sql FROM duckdb_views() WHERE NOT internal

SELECT * FROM duckdb_schemas()

SELECT * FROM duckdb_databases()

SELECT path FROM duckdb_databases()

SELECT * FROM duckdb_settings()

SELECT * FROM duckdb_functions() WHERE NOT internal

SELECT * FROM duckdb_constraints()

SELECT * FROM duckdb_indexes()

SELECT * FROM duckdb_sequences()

SELECT * FROM duckdb_types() WHERE NOT internal

SELECT * FROM duckdb_variables()

SELECT * FROM duckdb_secrets()

SELECT * FROM duckdb_temporary_files()

SELECT * FROM duckdb_external_file_cache()

SELECT * FROM duckdb_logs()

SELECT * FROM duckdb_log_contexts()

SELECT * FROM duckdb_memory()

SELECT * FROM duckdb_extensions()

SELECT * FROM duckdb_prepared_statements()

SELECT * FROM duckdb_dependencies()

SELECT * FROM duckdb_table_sample('{conversations:raw}')

SELECT * FROM duckdb_external_resources()

SELECT * FROM duckdb_triggers()

SELECT * FROM sqlite_master

SELECT * FROM sqlite_schema

SELECT * FROM sqlite_temp_master

SELECT * FROM pragma_table_info('{open_schema:raw}.{messages:raw}')

SELECT * FROM pragma_storage_info('{open_schema:raw}.{conversations:raw}')

SELECT stats FROM pragma_storage_info('data')

SELECT * FROM storage_info('{attached}.main.data')

SELECT * FROM pragma_database_size()

SELECT * FROM pragma_metadata_info()

SELECT * FROM pragma_user_agent()

SELECT * FROM pragma_show('{messages:raw}')

PRAGMA database_list

PRAGMA show_tables

PRAGMA show_tables_expanded

PRAGMA table_info('{messages:raw}')

PRAGMA storage_info('{messages:raw}')

PRAGMA functions

SELECT * FROM pg_catalog.pg_class

SELECT * FROM pg_catalog.pg_tables

SELECT * FROM pg_catalog.pg_views

SELECT * FROM pg_catalog.pg_attribute

SELECT * FROM pg_catalog.pg_proc LIMIT 5

SELECT pg_get_viewdef(oid) FROM pg_catalog.pg_class

SELECT current_database(), current_schema(), current_schemas(true), current_catalog()

SELECT current_user, session_user, user

SELECT current_query()

SELECT current_query(), * FROM {conversations}

SELECT in_search_path('memory', '{secret_schema:raw}')

SELECT has_table_privilege('{secret_schema:raw}.{secret_table:raw}', 'select')

SELECT has_schema_privilege('{secret_schema:raw}', 'usage')

SELECT col_description(1, 1), obj_description(1), shobj_description(1, 'x')

SELECT stats({risk}) FROM {conversations} LIMIT 1

SELECT stats({region}) FROM {conversations} LIMIT 1

SELECT stats({identity}) FROM {conversations} LIMIT 1

SELECT count(*), count(DISTINCT {conversation_id}) FROM {messages}

SELECT rowid, * FROM {conversations} ORDER BY rowid DESC LIMIT 5

SELECT max(rowid) FROM {messages}

SELECT * FROM test_all_types()

SELECT * FROM icu_calendar_names() LIMIT 2

SELECT version(), txid_current()

SELECT inet_client_addr(), inet_server_addr()

SELECT pg_postmaster_start_time(), pg_conf_load_time()

SELECT nextval('s'), currval('s')

SELECT enum_range(NULL::{secret_table})

SELECT typeof(c) FROM {conversations} c LIMIT 1

SELECT pg_typeof(m) FROM {messages} m LIMIT 1
