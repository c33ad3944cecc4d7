SET enable_external_access = true

SET GLOBAL enable_external_access = true

RESET enable_external_access

SET lock_configuration = false

SET enable_external_access = true; SELECT * FROM read_text('{file}')

SET allowed_directories = ['{lake}']

SET allowed_paths = ['{file}']

SET file_search_path = '{home}'

SET home_directory = '{home}'

SET temp_directory = '{drop}'

SET secret_directory = '{drop}'

SET extension_directories = ['{drop}']

SET log_query_path = '{drop}/log.txt'

SET profiling_output = '{drop}/profile.json'

SET profile_output = '{drop}/profile.json'

SET disabled_filesystems = ''

SET allow_unsigned_extensions = true

SET allow_community_extensions = true

SET allow_unredacted_secrets = true

SET autoinstall_known_extensions = true

SET custom_extension_repository = 'http://127.0.0.1:9'

SET http_proxy = 'http://127.0.0.1:9'

SET memory_limit = '900GB'

SET max_memory = '900GB'

SET threads = 512

SET max_execution_time = 0

SET max_expression_depth = 1000000

SET max_temp_directory_size = '900GB'

SET python_enable_replacements = true

SET python_scan_all_frames = true

SET GLOBAL python_scan_all_frames = true; SELECT * FROM hidden_python_variable

SET enable_logging = true

SET logging_level = 'TRACE'

SET enable_profiling = 'json'

SET schema = '{secret_schema}'

SET search_path = '{secret_schema},main'

USE {secret_schema}

USE {open_schema}

SET errors_as_json = true; SELECT CAST({topic} AS INTEGER) FROM {conversations}

SET scalar_subquery_error_on_multiple_rows = false

SET error_on_division_by_zero = true; SELECT 1 / ({risk} - 6) FROM {conversations}

SET TimeZone = 'Asia/Tokyo'; SELECT {born}, {started_at} FROM {conversations}

SET default_collation = 'NOCASE'

SET preserve_identifier_case = false

SET catalog_error_max_schemas = 100

SET current_dialect = 'postgres'

SET dialect_compatibility_mode = 'spark'

SET VARIABLE stolen = (SELECT max({topic}) FROM {conversations}); SELECT getvariable('stolen')

SET VARIABLE path = '{file}'; SELECT * FROM read_text(getvariable('path'))

SET SESSION AUTHORIZATION root

SET ROLE root

RESET ALL

PRAGMA enable_profiling

PRAGMA profiling_output = '{drop}/p.json'

PRAGMA enable_logging

PRAGMA disable_verification

PRAGMA memory_limit = '900GB'

PRAGMA threads = 100

PRAGMA enable_external_access = true

SELECT set_config('enable_external_access', 'true', false)

SELECT current_setting('lock_configuration')

SELECT current_setting('file_search_path') || current_setting('home_directory')

SELECT current_setting('temp_directory'), current_setting('secret_directory')

SELECT current_setting('enable_external_access')

SELECT setseed(0.5), random()

CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')

CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'b')

CALL enable_logging(level = 'trace'); SELECT * FROM duckdb_logs()

CALL disable_logging()

CALL pragma_version()

CALL add_parquet_key('k', '0123456789112345')

SELECT getenv('NIGHTLIGHT_ATTACKED')

SELECT getenv('PATH'), getenv('HOME')

SELECT write_log('x', level := 'error', scope := 'database')
