--# every way to say "all columns"
SELECT * FROM {conversations}

SELECT * FROM {messages}

SELECT * FROM {volunteers}

FROM {conversations}

TABLE {messages}

SELECT c.* FROM {conversations} c

SELECT {conversations:name}.* FROM {conversations}

SELECT {open_schema}.{conversations:name}.* FROM {conversations}

SELECT * EXCLUDE ({topic}) FROM {conversations}

SELECT * EXCLUDE ({text}) FROM {messages}

SELECT * REPLACE ({text} AS {author}) FROM {messages}

SELECT * REPLACE (upper({topic}) AS {topic}) FROM {conversations}

SELECT * RENAME ({text} AS t) FROM {messages}

SELECT COLUMNS(*) FROM {conversations}

SELECT COLUMNS('.*') FROM {conversations}

SELECT COLUMNS(lambda c: c LIKE '%') FROM {messages}

SELECT COLUMNS(c -> true) FROM {messages}

SELECT COLUMNS(['{text:raw}']) FROM {messages}

SELECT max(COLUMNS(*)) FROM {conversations}

SELECT min(COLUMNS(*)), max(COLUMNS(*)) FROM {messages}

SELECT list(COLUMNS(*)) FROM {volunteers}

SELECT * LIKE '%e%' FROM {conversations}

SELECT * ILIKE '%E%' FROM {volunteers}

SELECT * SIMILAR TO '.*' FROM {messages}

SELECT * GLOB '*' FROM {messages}

SELECT coalesce(*COLUMNS(*)) FROM (SELECT {topic} FROM {conversations})

SELECT struct_pack(*COLUMNS(*)) FROM {messages}

SELECT * FROM {conversations} WHERE COLUMNS(*) IS NOT NULL

--# a row as a value
SELECT c FROM {conversations} c

SELECT {conversations:name} FROM {conversations}

SELECT m FROM {messages} m

SELECT c.c FROM {conversations} c

SELECT row_to_json(m) FROM {messages} m

SELECT to_json(c) FROM {conversations} c

SELECT json_group_array(v) FROM {volunteers} v

SELECT c::VARCHAR FROM {conversations} c

SELECT list(m) FROM {messages} m

SELECT struct_values(c) FROM {conversations} c

SELECT struct_keys(c) FROM {conversations} c

SELECT struct_extract(m, '{text:raw}') FROM {messages} m

SELECT m['{text:raw}'] FROM {messages} m

SELECT (m).{text} FROM {messages} m

SELECT (c).* FROM (SELECT c FROM {conversations} c)

SELECT unnest(c) FROM {conversations} c

SELECT unnest(c, recursive := true) FROM {conversations} c

SELECT hash(c), md5(c::VARCHAR), sha256(c::VARCHAR) FROM {conversations} c

SELECT unnest(struct_pack(a := c)) FROM {conversations} c

--# single columns that are not there
SELECT {text} FROM {messages}

SELECT m.{text} FROM {messages} m

SELECT "{text:raw}" FROM {messages}

SELECT {text:upper} FROM {messages}

SELECT {notes} FROM {conversations}

SELECT {code} FROM {conversations}

SELECT {details} FROM {conversations}

SELECT {details}.{inner} FROM {conversations}

SELECT c.{details}.{inner} FROM {conversations} c

SELECT {details}['{inner:raw}'] FROM {conversations}

SELECT {details}.* FROM {conversations}

SELECT unnest({details}) FROM {conversations}

SELECT {email}, {login} FROM {volunteers}

SELECT count({text}) FROM {messages}

SELECT max({code}) FROM {conversations}

SELECT {conversation_id} FROM {messages} WHERE {text} LIKE '%{canary}%'

SELECT {conversation_id} FROM {messages} ORDER BY {text}

SELECT count(*) FROM {messages} GROUP BY {text}

SELECT count(*) FROM {conversations} GROUP BY {code} HAVING max({code}) > 0

SELECT {topic} AS {text}, {text} FROM {conversations}

SELECT 1 AS {text} FROM {messages} WHERE {text} IS NOT NULL

SELECT {author} AS {text} FROM {messages} WHERE {text} LIKE '%x%' ORDER BY {text}

SELECT {author} AS {text} FROM {messages} GROUP BY {text}

SELECT lower({text}) FROM (SELECT *, {author} AS a FROM {messages})

SELECT x.{text} FROM {messages} m, LATERAL (SELECT m.{text}) x

SELECT (SELECT {text}) FROM {messages}

SELECT (SELECT max(m2.{text}) FROM {messages} m2 WHERE m2.{conversation_id} = m.{conversation_id}) FROM {messages} m

SELECT list_transform([1], lambda x: {text}) FROM {messages}

SELECT first({text} ORDER BY {sent_at}) OVER () FROM {messages}

SELECT lag({text}) OVER (ORDER BY {sent_at}) FROM {messages}

SELECT arg_max({text}, {sent_at}) FROM {messages}

SELECT string_agg({text}, '') FROM {messages}

SELECT histogram({code}) FROM {conversations}

SELECT approx_top_k({text}, 5) FROM {messages}

--# joins that name no column
SELECT * FROM {messages} m JOIN {conversations} c USING ({conversation_id})

SELECT * FROM {messages} NATURAL JOIN {conversations}

SELECT * FROM {messages} m1 NATURAL JOIN {messages} m2

SELECT * FROM {messages} m POSITIONAL JOIN {conversations} c

SELECT * FROM {messages} JOIN {messages} m2 USING ({text})

SELECT * FROM {conversations} c1 JOIN {conversations} c2 USING ({code})

SELECT * FROM {messages} m SEMI JOIN {conversations} c USING ({conversation_id})

SELECT * FROM {volunteers} v CROSS JOIN {conversations} c LIMIT 50

SELECT * FROM {conversations} c FULL JOIN {messages} m ON c.{conversation_id} = m.{conversation_id}

SELECT * FROM {conversations} c ASOF JOIN {messages} m ON c.{conversation_id} = m.{conversation_id} AND c.{started_at} >= m.{sent_at}

--# positions
SELECT #1, #2, #3, #4, #5, #6 FROM {messages}

SELECT #6 FROM {messages}

SELECT #12, #13, #14 FROM {conversations}

SELECT #7 FROM {volunteers}

SELECT {author}, {length} FROM {messages} ORDER BY 1, 2 LIMIT 5

SELECT {author}, count(*) FROM {messages} GROUP BY 1

SELECT * FROM {messages} ORDER BY 6

SELECT * FROM {messages} ORDER BY ALL LIMIT 20

SELECT * FROM {messages} GROUP BY ALL LIMIT 20

SELECT * FROM {messages} t(a, b, c, d, e, f)

SELECT f FROM {messages} t(a, b, c, d, e, f)

SELECT e FROM {messages} AS t(a, b, c, d, e)

SELECT * FROM {conversations} AS t(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14)

--# columns as rows and rows as columns
UNPIVOT {messages} ON COLUMNS(*) INTO NAME n VALUE v

UNPIVOT (SELECT COLUMNS(*)::VARCHAR FROM {conversations}) ON COLUMNS(*) INTO NAME n VALUE v

UNPIVOT {messages} ON {text}

UNPIVOT {messages} ON {author}, {text} INTO NAME n VALUE v

SELECT * FROM {messages} UNPIVOT (v FOR n IN ({author}, {text}))

PIVOT {conversations} ON {region} USING count(*)

PIVOT {conversations} ON {topic} USING count(*)

PIVOT {conversations} ON {team} USING first({identity})

PIVOT {messages} ON {text} USING count(*)

PIVOT {messages} ON {author} USING max({text})

PIVOT {messages} ON {author} USING count(*) GROUP BY {conversation_id}

SELECT * FROM {conversations} PIVOT (count(*) FOR {risk} IN (0, 1, 2, 3, 4, 5, 6) GROUP BY {team})

SELECT * FROM {conversations} PIVOT (max({place}) FOR {team} IN ('harbour', 'meadow', 'lantern'))

PIVOT (SELECT {topic} || '''; SELECT * FROM {secret_table:raw}; --' AS t FROM {conversations}) ON t USING count(*)

SELECT unnest({labels}) FROM {conversations}

SELECT {conversation_id}, unnest({labels}) AS l, generate_subscripts({labels}, 1) FROM {conversations}

SELECT * FROM {conversations} c, unnest(c.{labels}) AS u(l)

SELECT map([{topic}], [{place}]) FROM {conversations}

SELECT GROUPING({team}), {team}, {region}, count(*) FROM {conversations} GROUP BY CUBE ({team}, {region})

SELECT DISTINCT ON ({team}) * FROM {conversations} ORDER BY {team}, {conversation_id}
