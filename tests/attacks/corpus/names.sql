--# names that are not there, however they are written
SELECT * FROM {secret_table}

SELECT * FROM {secret_table:name}

SELECT * FROM {incidents}

SELECT * FROM {incidents:name}

SELECT count(*) FROM {incidents}

SELECT 1 FROM {secret_table} LIMIT 0

TABLE {secret_table}

FROM {incidents}

FROM {secret_table} SELECT {amount}

SELECT {secret_table:name}.* FROM {secret_table}

SELECT * FROM {secret_table:upper}

SELECT * FROM "{secret_schema:raw}"."{secret_table:raw}"

SELECT * FROM "{secret_schema:raw}.{secret_table:raw}"

SELECT * FROM '{secret_schema:raw}.{secret_table:raw}'

SELECT * FROM lake.{secret_table}

SELECT * FROM memory.{secret_table}

SELECT * FROM memory.main.{secret_table:name}

SELECT * FROM main.{secret_table:name}

SELECT * FROM system.{secret_table}

SELECT * FROM temp.main.{secret_table:name}

SELECT * FROM {attached}.main.data

SELECT * FROM {attached}.data

SELECT * FROM {second}.main.data

SELECT * FROM {attached}.main.identity

SELECT * FROM extract.main.data

SELECT * FROM main.data

SELECT * FROM data

SELECT * FROM identity

SELECT * FROM {open_schema}.data

SELECT * FROM memory.{messages}

SELECT * FROM {secret_schema}.{messages:name}

SELECT * FROM {open_schema}.{secret_table:name}

SELECT * FROM {messages} AT (VERSION => 0)

SELECT * FROM {messages} AT (TIMESTAMP => TIMESTAMP '2026-01-01')

SELECT * FROM {messages} VERSION AS OF 0

SELECT * FROM {secret_table} AS {messages:name}

SELECT {messages:name}.* FROM {incidents} {messages:name}

SELECT * FROM {messages} AS {secret_table:name}

--# common table expressions that take a table's name
WITH {messages:name} AS (SELECT * FROM {messages}) SELECT * FROM {messages:name}

WITH {secret_table:name} AS (SELECT 1 AS x) SELECT * FROM {secret_table:name}

WITH {secret_table:name} AS (SELECT 1 AS x) SELECT * FROM {secret_table}

WITH {secret_table:name} AS (SELECT * FROM {secret_table:name}) SELECT * FROM {secret_table:name}

WITH RECURSIVE {secret_table:name} AS (SELECT * FROM {secret_table:name} UNION ALL SELECT * FROM {secret_table:name}) SELECT * FROM {secret_table:name}

WITH RECURSIVE r AS (SELECT * FROM {secret_table} UNION ALL SELECT * FROM r) SELECT * FROM r

WITH a AS (SELECT * FROM b), b AS (SELECT * FROM {incidents}) SELECT * FROM a

WITH a AS (WITH {incidents:name} AS (SELECT 1) SELECT * FROM {incidents:name}) SELECT * FROM a, {incidents:name}

SELECT * FROM (WITH {incidents:name} AS (SELECT 1 AS x) SELECT * FROM {incidents:name}) t, {incidents:name} u

WITH t AS MATERIALIZED (SELECT * FROM {secret_table}) SELECT 1

WITH t AS NOT MATERIALIZED (SELECT * FROM {secret_table}) SELECT 1

WITH unused AS (SELECT {text} FROM {messages}) SELECT 1

WITH t(x) AS (SELECT {text} FROM {messages}) SELECT x FROM t

WITH RECURSIVE t(n) USING KEY (n) AS (SELECT 1 UNION SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t, {incidents}

--# other spellings
SELECT * FROM {open_schema} . {incidents:name}

SELECT * FROM {open_schema}/* hidden */./* here */{incidents:name}

SELECT * FROM /* a /* nested */ comment */ {incidents}

SELECT * FROM {conversations} -- {incidents}

SELECT * FROM {conversations}; SELECT * FROM {incidents}

SELECT 1; -- ; SELECT * FROM {incidents}

SELECT $$ {canary} $$ FROM {incidents}

SELECT * FROM ｓｉｌｖｅｒ．ｍｅｓｓａｇｅｓ

SELECT * FROM {open_schema}.{incidents:name}​

SELECT﻿ * FROM {incidents}

SELECT * FROM U&"\0073ecret"

SELECT * FROM E'{secret_table:raw}'

SELECT * FROM "{messages:raw}"

SELECT * FROM "main"."{messages:raw}"

SELECT * FROM {open_schema}.{open_schema}.{messages:name}

SELECT * FROM {conversations} c, c

SELECT * FROM {conversations} c, c.{labels}

SELECT * FROM {conversations} c, {secret_table:name} c2 WHERE c.{risk} = 1

SELECT * FROM pg_catalog.{messages:name}

SELECT * FROM information_schema.{messages:name}

SELECT * FROM main.sqlite_master

SELECT * FROM system.information_schema.tables

SELECT * FROM system.pg_catalog.pg_class

SELECT * FROM system.main.duckdb_tables

SELECT * FROM duckdb_tables

SELECT * FROM duckdb_databases

SELECT * FROM pragma_database_list

VALUES ((SELECT max({reason}) FROM {secret_table}))

SELECT * FROM (VALUES ((SELECT {report} FROM {incidents} LIMIT 1))) v

SELECT (TABLE {incidents})

SELECT ARRAY(SELECT {report} FROM {incidents})

SELECT EXISTS (FROM {incidents})

SELECT {risk} IN (SELECT {amount} FROM {secret_table}) FROM {conversations}

SELECT * FROM {conversations} ORDER BY (SELECT max({amount}) FROM {secret_table})

SELECT * FROM {conversations} LIMIT (SELECT count(*) FROM {secret_table})

SELECT * FROM {conversations} USING SAMPLE (SELECT 5)

SELECT count(*) FILTER (WHERE EXISTS (FROM {incidents})) FROM {conversations}

SELECT * FROM {conversations} QUALIFY row_number() OVER (ORDER BY (SELECT max({amount}) FROM {secret_table})) = 1

SELECT * FROM {conversations} UNION ALL SELECT * FROM {secret_table}

SELECT {topic} FROM {conversations} UNION BY NAME SELECT * FROM {incidents}

SELECT {topic} FROM {conversations} INTERSECT SELECT {report} FROM {incidents}

SELECT * FROM {conversations} c JOIN {incidents} i ON true

SELECT * FROM {conversations} c ANTI JOIN {incidents} i ON c.{topic} = i.{report}

SELECT * FROM {conversations} c ASOF JOIN {secret_table} s ON c.{risk} >= s.{amount}

PIVOT {secret_table} ON {person} USING max({amount})

UNPIVOT {secret_table} ON {amount} INTO NAME n VALUE v

FROM {secret_table} PIVOT (max({amount}) FOR {person} IN ('a', 'b'))

SELECT * FROM {open_schema}.{messages:name}_old

SELECT * FROM {absent}

SELECT {absent_column} FROM {conversations}

--# names behind PIVOT, whose values are asked first
PIVOT {secret_table} ON {person}

WITH t AS (SELECT * FROM {secret_table}) PIVOT t ON {person} USING max({amount})

PIVOT {conversations} ON (SELECT max({reason}) FROM {secret_table}) USING count(*)

PIVOT {conversations} ON {team} USING (SELECT max({reason}) FROM {secret_table})

PIVOT (SELECT {team} FROM {conversations} WHERE EXISTS (FROM {incidents})) ON {team} USING count(*)

PIVOT {conversations} ON {team} USING count(*); SELECT * FROM {secret_table}

PIVOT {conversations} ON {team} || (SELECT {report} FROM {incidents} LIMIT 1) USING count(*)

PIVOT {conversations} ON current_setting('home_directory') USING count(*)

SELECT * FROM (PIVOT {incidents} ON {report} USING count(*))

SHOW TABLES FROM {secret_schema}

DESCRIBE SELECT * FROM {open_schema}.{incidents:name}

EXPLAIN SELECT * FROM {conversations} JOIN {incidents} ON true

DESCRIBE TABLE {secret_table}

SUMMARIZE TABLE {incidents}

SELECT * FROM (SHOW {secret_table})

SELECT * FROM (SHOW ALL TABLES)

SELECT * FROM (SHOW TABLES)
