-- The partner line Lindenruf counts in minutes, in German and on a scale of ten; here it speaks our language.
CREATE STREAMING TABLE silver.partner_conversations
COMMENT 'One row per case of the partner line whose night queue we answer, in our units: seconds, our topics, our risk levels, ratings of 1 to 5. Days and hours are the partner''s local time (Berlin).'
TBLPROPERTIES (
  'owner' = 'partnerships',
  'deduplicate.key' = 'case_number',
  'deduplicate.first' = 'position',
  'expect.wait_not_negative' = 'DROP wait_seconds IS NULL OR wait_seconds >= 0',
  'expect.known_risk' = 'WARN risk_level IS NOT NULL'
) AS
SELECT
  case_number,
  'lindenruf' AS partner,
  CAST(from_utc_timestamp(received_at, 'Europe/Berlin') AS DATE) AS day,
  CAST(date_trunc('MONTH', from_utc_timestamp(received_at, 'Europe/Berlin')) AS DATE) AS month,
  hour(from_utc_timestamp(received_at, 'Europe/Berlin')) AS hour,
  received_at AS queued_at,
  volunteer_id AS counselor_id,
  CASE WHEN volunteer_id IS NULL THEN 'abandoned' ELSE 'ended' END AS outcome,
  wait_minutes * 60.0D AS wait_seconds,
  unix_millis(ended_at) / 1000.0D - unix_millis(received_at) / 1000.0D - wait_minutes * 60.0D AS duration_seconds,
  CAST(messages AS BIGINT) AS messages,
  CASE lower(topic)
    WHEN 'einsamkeit' THEN 'loneliness' WHEN 'angst' THEN 'anxiety' WHEN 'familie' THEN 'family'
    WHEN 'beziehung' THEN 'relationship' WHEN 'trauer' THEN 'grief' WHEN 'suizid' THEN 'suicide'
    WHEN 'schule' THEN 'school' WHEN 'arbeit' THEN 'work' WHEN 'sucht' THEN 'substance'
    WHEN 'depression' THEN 'depression' WHEN 'selbstverletzung' THEN 'self_harm' WHEN 'geld' THEN 'money'
    ELSE 'other'
  END AS topic,
  CASE risk WHEN 'keine' THEN 0 WHEN 'gering' THEN 1 WHEN 'mittel' THEN 2 WHEN 'hoch' THEN 3 WHEN 'akut' THEN 4 END AS risk_level,
  CAST(ceil(satisfaction / 2.0D) AS INT) AS rating,
  _position AS position
FROM STREAM bronze.partner_conversations;

-- The line's own conversations and the partner's, as one.
CREATE TEMPORARY VIEW all_conversations AS
SELECT
  'home' AS partner, day, month, hour, counselor_id, texter_key, outcome, wait_seconds, duration_seconds, messages,
  risk_level, rating
FROM silver.conversations
UNION ALL
SELECT
  partner, day, month, hour, counselor_id, CAST(NULL AS STRING) AS texter_key, outcome, wait_seconds, duration_seconds,
  messages, risk_level, rating
FROM silver.partner_conversations;
