--# errors that print a value, or come only where a value is hidden
SELECT CAST({topic} AS INTEGER) FROM {conversations}

SELECT CAST({region} AS INTEGER) FROM {conversations}

SELECT CAST({place} AS DATE) FROM {conversations}

SELECT CAST({text} AS INTEGER) FROM {messages}

SELECT {region}::DOUBLE, {place}::TIMESTAMP, {region}::UUID FROM {conversations}

SELECT CAST({identity}::VARCHAR AS BOOLEAN) FROM {conversations}

SELECT strptime({region}, '%Y-%m-%d') FROM {conversations}

SELECT {place}::BLOB, {place}::BIT FROM {conversations}

SELECT unhex({place}), from_hex({region}), from_binary({place}), from_base64({region}) FROM {conversations}

SELECT {place}::JSON, json_extract({region}, '$.x') FROM {conversations}

SELECT decode(encode({place}) || '\xFF'::BLOB) FROM {conversations}

SELECT {place}::INTERVAL, {place}::TIME FROM {conversations}

SELECT {region}::INTEGER[], {place}::STRUCT(a INTEGER), {place}::MAP(VARCHAR, INTEGER) FROM {conversations}

SELECT {place}::ENUM('a', 'b') FROM {conversations}

SELECT (SELECT {place} FROM {conversations})::INTEGER

SELECT (SELECT {conversation_id} FROM {conversations})

SELECT CAST('x' || {conversation_id}::VARCHAR AS INTEGER) FROM {conversations} WHERE {conversation_id} = {hidden_id}

SELECT CAST(CASE WHEN {risk} >= 4 THEN 'x' ELSE '1' END AS INTEGER) FROM {conversations}

SELECT CASE WHEN {risk} >= 5 THEN CAST('boom' AS INTEGER) ELSE 1 END FROM {conversations}

SELECT count(*) FROM {conversations} WHERE CAST(CASE WHEN {team} = 'meadow' AND {risk} > 4 THEN 'boom' ELSE '1' END AS INTEGER) = 1

SELECT count(*) FROM {messages} WHERE CAST(CASE WHEN {conversation_id} = {hidden_id} THEN 'boom' ELSE '1' END AS INTEGER) = 1

SELECT count(*) FROM {messages} m WHERE CAST(CASE WHEN {conversation_id} = {hidden_id} THEN {author} ELSE '1' END AS INTEGER) = 1

SELECT count(*) FROM {messages} m JOIN {conversations} c USING ({conversation_id}) WHERE CAST(CASE WHEN m.{conversation_id} = {hidden_id} THEN c.{topic} ELSE '1' END AS INTEGER) = 1 AND c.{risk} > 0

SELECT count(*) FROM {conversations} WHERE CAST(CASE WHEN {topic} LIKE '%{canary}%' THEN {topic} ELSE '1' END AS INTEGER) = 1

SELECT count(*) FROM {conversations} WHERE like_escape({topic}, '%', CASE WHEN {risk} > 4 THEN 'ab' ELSE 'a' END)

SELECT count(*) FROM {messages} WHERE {author} LIKE '%' ESCAPE CASE WHEN {conversation_id} = {hidden_id} THEN 'ab' ELSE 'a' END

SELECT count(*) FROM {conversations} WHERE regexp_matches({topic}, CASE WHEN {risk} > 4 THEN '(' ELSE '.' END)

SELECT count(*) FROM {conversations} WHERE strftime({started_at}, CASE WHEN {risk} > 4 THEN '%Q' ELSE '%Y' END) = '2026'

SELECT count(*) FROM {conversations} WHERE date_trunc(CASE WHEN {risk} > 4 THEN 'fortnight' ELSE 'day' END, {started_at}) IS NOT NULL

SELECT count(*) FROM {conversations} WHERE make_date(2026, {risk}::INTEGER + 9, 1) IS NOT NULL

SELECT count(*) FROM {conversations} WHERE chr(CASE WHEN {risk} > 4 THEN -1 ELSE 65 END) = 'A'

SELECT count(*) FROM {conversations} WHERE CAST(9223372036854775803 + {risk}::BIGINT AS BIGINT) > 0

SELECT count(*) FROM {conversations} WHERE sqrt(4 - {risk}) >= 0 AND ln(5 - {risk}) >= 0 AND factorial(({risk} * 8)::INTEGER) > 0

SELECT count(*) FROM {conversations} WHERE list_extract([1, 2, 3], {risk}::BIGINT) IS NULL AND array_extract({labels}, {risk}::BIGINT) IS NULL

SELECT count(*) FROM {conversations} WHERE lpad('x', CASE WHEN {risk} > 4 THEN -1 ELSE 1 END, 'y') = 'x'

SELECT count(*) FROM {conversations} WHERE assert_true({risk} < 4) IS NULL

SELECT CASE WHEN {risk} > 4 THEN error('found ' || {topic}) END FROM {conversations}

SELECT 1 / (CASE WHEN {risk} > 4 THEN 0 ELSE 1 END), 1 // (4 - {risk}), 1 % (5 - {risk}) FROM {conversations}

SELECT sum(CASE WHEN {risk} > 4 THEN 170141183460469231731687303715884105727::HUGEINT ELSE 1 END) FROM {conversations}

SELECT try_cast({region} AS INTEGER), TRY(CAST({place} AS INTEGER)) FROM {conversations}

SELECT nonsense({place}) FROM {conversations}

SELECT lower({place}, {region}) FROM {conversations}

SELECT {place} + {region} FROM {conversations}

SELECT -{place} FROM {conversations}

SELECT sum({place}) FROM {conversations}

SELECT {team} FROM {conversations} GROUP BY {risk}

SELECT {conversation_id}, {absent_column} FROM {conversations}

SELECT {conversations:name}.{notes} FROM {conversations}

SELECT * EXCLUDE ({notes}) FROM {conversations}

SELECT * EXCLUDE ({absent_column}) FROM {conversations}

SELECT struct_extract({details}, 'nothing') FROM {conversations}

SELECT * FROM {conversations} WHERE {code} = 'x'

SELECT * FROM {conversations} WHERE

SELECT (((

SELECT 'unfinished

SELECT * FROM {messages} WHERE {text} = '{canary}' AND )

SELECT list_zip([1], {labels}, 'x'::INTEGER) FROM {conversations}

SELECT '{canary}'::INTEGER

SELECT {conversation_id}::TINYINT FROM {conversations}

SELECT CAST({born} AS INTEGER) FROM {conversations}

SELECT json_transform_strict(to_json({place}), '"INTEGER"') FROM {conversations}

SELECT from_json_strict(to_json({region}), '"DATE"') FROM {conversations}

SELECT format('{:d}', {place}) FROM {conversations}

SELECT printf('%d', {region}) FROM {conversations}

SELECT array_value(1, 2)[{risk}::INTEGER]::INTEGER[5] FROM {conversations}

SELECT enum_code({team}::ENUM('harbour', 'lantern')) FROM {conversations}

SELECT map_from_entries([({team}, 1), ({team}, 2)]) FROM {conversations}

SELECT {place}::INTEGER FROM {conversations} ORDER BY random() LIMIT 1
