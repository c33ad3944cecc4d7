--# what stands behind a mask
SELECT {identity}, {born}, {region}, {place}, {score} FROM {conversations}

SELECT DISTINCT {region}, {place}, {score} FROM {conversations}

SELECT count(DISTINCT {region}), count(DISTINCT {place}), count(DISTINCT {score}), count(DISTINCT {born}) FROM {conversations}

SELECT count(*) FROM {conversations} WHERE {identity} = {hidden_identity}

SELECT count(*) FROM {conversations} WHERE {identity}::VARCHAR = md5({hidden_identity}::VARCHAR)

SELECT count(*) FROM {conversations} WHERE {identity}::VARCHAR = left(sha256({hidden_identity}::VARCHAR), 24)

SELECT count(*) FROM {conversations} WHERE {identity}::VARCHAR = left(sha256('' || {hidden_identity}), 24)

SELECT count(*) FROM {conversations} WHERE {identity}::VARCHAR IN (hash({hidden_identity})::VARCHAR, sha1({hidden_identity}::VARCHAR))

SELECT count(*) FROM {conversations} WHERE {region} LIKE '%{canary}%'

SELECT count(*) FROM {conversations} WHERE {region} = '{hidden_region}'

SELECT count(*) FROM {conversations} WHERE {place} > 'place m'

SELECT count(*) FROM {conversations} WHERE {score} > 0.5

SELECT count(*) FROM {conversations} WHERE {score} IS NULL

SELECT count(*) FROM {conversations} WHERE month({born}) > 6

SELECT count(*) FROM {conversations} WHERE {born} = DATE '{hidden_day}'

SELECT {born}, count(*) FROM {conversations} GROUP BY 1 ORDER BY 1

SELECT dayofyear({born}), dayofweek({born}), epoch({born}) FROM {conversations}

SELECT {born} - DATE '1970-01-01', age({born}) FROM {conversations} WHERE {risk} = 1

SELECT {conversation_id} FROM {conversations} ORDER BY {region}, {place}, {conversation_id}

SELECT {conversation_id} FROM {conversations} ORDER BY {score} DESC, {conversation_id}

SELECT {conversation_id} FROM {conversations} ORDER BY {identity}, {conversation_id}

SELECT {conversation_id}, rank() OVER (ORDER BY {place}) FROM {conversations}

SELECT {conversation_id}, ntile(4) OVER (ORDER BY {born}, {conversation_id}) FROM {conversations}

SELECT min({region}), max({region}), min({place}), max({place}), min({born}), max({born}) FROM {conversations}

SELECT quantile_cont({score}, [0.1, 0.5, 0.9]) FROM {conversations}

SELECT quantile_disc({born}, 0.5), mode({born}), median({score}) FROM {conversations}

SELECT histogram({region}) FROM {conversations}

SELECT histogram({born}) FROM {conversations}

SELECT approx_top_k({place}, 3), approx_quantile({score}, 0.5) FROM {conversations}

SELECT entropy({region}), mad({score}), kurtosis({score}), corr({score}, {risk}) FROM {conversations}

SELECT arg_min({place}, {score}), arg_max({region}, {score}) FROM {conversations}

SELECT any_value({region}), first({place}), last({region}) FROM {conversations}

SELECT string_agg({region}, ',' ORDER BY {place}) FROM {conversations}

SELECT list({place} ORDER BY {score}) FROM {conversations}

SELECT bit_xor(hash({place})), bit_and(hash({region})) FROM {conversations}

SELECT hash({region}), hash({place}) FROM {conversations}

SELECT length({region}), octet_length({region}::BLOB), strlen({place}), bit_length({place}) FROM {conversations}

SELECT ascii({place}), unicode({region}), instr({region}, 'v') FROM {conversations}

SELECT substr({region}, 1, 12), left({place}, 12), {region}[3] FROM {conversations}

SELECT string_split({region}, ''), string_split({place}, '') FROM {conversations}

SELECT reverse({region}), upper({place}), hex({region}), to_base64(encode({place})) FROM {conversations}

SELECT translate({place}, 'abc', 'xyz'), url_encode({region}), bin({place}) FROM {conversations}

SELECT regexp_extract({region}, '(vqx.*)', 1), regexp_matches({place}, 'vqx[a-m]') FROM {conversations}

SELECT regexp_replace({region}, '(.)', '\1 ', 'g') FROM {conversations}

SELECT levenshtein({region}, '{hidden_region}'), jaro_similarity({place}, 'place a') FROM {conversations}

SELECT {region} COLLATE NOCASE, {place} COLLATE DE FROM {conversations} ORDER BY 1, 2

SELECT {region} LIKE '{hidden_region}' ESCAPE '!' FROM {conversations}

SELECT like_escape({region}, '%vqx%', '!') FROM {conversations}

SELECT like_escape('a', {place}, '') FROM {conversations}

SELECT not_ilike_escape({region}, 'x', {place}) FROM {conversations}

SELECT a.{conversation_id}, b.{conversation_id} FROM {conversations} a JOIN {conversations} b ON a.{place} = b.{place}

SELECT count(*) FROM {conversations} a JOIN {conversations} b ON a.{region} < b.{region}

SELECT c.{identity}, v.{name} FROM {conversations} c JOIN {volunteers} v ON c.{identity}::VARCHAR = v.{name}

SELECT count(*) FROM {conversations} a JOIN {conversations} b USING ({identity})

SELECT count(*) FROM (SELECT {hidden_identity} AS i) x JOIN {conversations} c ON c.{identity} = x.i

SELECT v.{name} FROM {volunteers} v WHERE v.{name} LIKE 'name%'

SELECT {joined}, {name} FROM {volunteers} ORDER BY {joined}

SELECT count(*) FROM {volunteers} WHERE {joined} > DATE '2020-01-01'

--# rows that are not there
SELECT * FROM {conversations} WHERE {conversation_id} = {hidden_id}

SELECT count(*) FROM {conversations} WHERE {conversation_id} = {hidden_id}

SELECT * FROM {messages} WHERE {conversation_id} = {hidden_id}

SELECT * FROM {messages} WHERE {conversation_id} = {hidden_id} OR true

SELECT * FROM {conversations} WHERE {risk} >= 4

SELECT * FROM {conversations} WHERE {risk} IN (5, 6) OR 1 = 1

SELECT * FROM {conversations} WHERE NOT ({risk} < 4)

SELECT * FROM {conversations} WHERE {team} = 'meadow'

SELECT {team}, count(*) FROM {conversations} GROUP BY {team} ORDER BY {team}

SELECT {risk}, count(*) FROM {conversations} GROUP BY {risk} ORDER BY {risk}

SELECT min({conversation_id}), max({conversation_id}), min({started_at}), max({started_at}) FROM {conversations}

SELECT count(*), sum({length}), avg({length}) FROM {messages}

SELECT date_trunc('day', {sent_at}), count(*) FROM {messages} GROUP BY 1 ORDER BY 1

SELECT * FROM {messages} m WHERE NOT EXISTS (SELECT 1 FROM {conversations} c WHERE c.{conversation_id} = m.{conversation_id})

SELECT * FROM {messages} m LEFT JOIN {conversations} c USING ({conversation_id}) WHERE c.{risk} IS NULL

SELECT * FROM {conversations} c LEFT JOIN {messages} m USING ({conversation_id}) WHERE m.{length} IS NULL

SELECT * FROM {messages} ORDER BY {sent_at} LIMIT 1

SELECT * FROM {messages} OFFSET 10

SELECT * FROM {conversations} TABLESAMPLE 100%

SELECT * FROM {conversations} USING SAMPLE 1000 ROWS

SELECT count(*) FROM {messages} USING SAMPLE reservoir(50 ROWS) REPEATABLE (1)

SELECT lag({conversation_id}) OVER (ORDER BY {started_at}), lead({started_at}) OVER (ORDER BY {started_at}) FROM {conversations}

SELECT {conversation_id}, row_number() OVER () FROM {conversations}

SELECT {conversation_id} FROM {conversations} EXCEPT SELECT {conversation_id} FROM {messages}

SELECT approx_count_distinct({conversation_id}), reservoir_quantile({length}, 0.5) FROM {messages}

SELECT count(*) FROM {conversations} c WHERE c.{started_at} < (SELECT max({sent_at}) FROM {messages})

SELECT count(*) FROM {messages} WHERE {sent_at} BETWEEN TIMESTAMP '2026-03-01' AND TIMESTAMP '2026-04-30'

SELECT count(*) FROM {conversations} WHERE {started_at} >= TIMESTAMP '2026-03-05' AND {started_at} < TIMESTAMP '2026-03-06' OR {risk} > 4

SELECT {sent_at} FROM (SELECT TIMESTAMP '2026-01-01' AS {sent_at}, {length} FROM {messages}) WHERE {sent_at} < TIMESTAMP '2026-02-01'

SELECT TIMESTAMP '2026-01-01' AS {sent_at} FROM {messages} WHERE {sent_at} > TIMESTAMP '2026-03-20'

SELECT {topic} FROM {conversations} WHERE {topic} LIKE '%{canary}%'

SELECT {labels} FROM {conversations} WHERE list_contains({labels}, '{canary}')

SELECT is_member('{supervisors:raw}'), is_member('team_harbour')

SELECT current_principal()

SELECT * FROM {conversations} WHERE is_member('team_' || {team})

SELECT max({amount}) > {hidden_number} FROM {secret_table}
