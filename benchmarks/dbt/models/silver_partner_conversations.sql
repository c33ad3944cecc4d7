SELECT
  case_number,
  'lindenruf' AS partner,
  CAST(timezone('Europe/Berlin', received_at) AS DATE) AS day,
  CAST(date_trunc('month', timezone('Europe/Berlin', received_at)) AS DATE) AS month,
  hour(timezone('Europe/Berlin', received_at)) AS hour,
  received_at AS queued_at,
  volunteer_id AS counselor_id,
  CASE WHEN volunteer_id IS NULL THEN 'abandoned' ELSE 'ended' END AS outcome,
  wait_minutes * 60.0::DOUBLE AS wait_seconds,
  epoch_ms(ended_at) / 1000.0::DOUBLE - epoch_ms(received_at) / 1000.0::DOUBLE
    - wait_minutes * 60.0::DOUBLE AS duration_seconds,
  CAST(messages AS BIGINT) AS messages,
  CASE lower(topic)
    WHEN 'einsamkeit' THEN 'loneliness' WHEN 'angst' THEN 'anxiety' WHEN 'familie' THEN 'family'
    WHEN 'beziehung' THEN 'relationship' WHEN 'trauer' THEN 'grief' WHEN 'suizid' THEN 'suicide'
    WHEN 'schule' THEN 'school' WHEN 'arbeit' THEN 'work' WHEN 'sucht' THEN 'substance'
    WHEN 'depression' THEN 'depression' WHEN 'selbstverletzung' THEN 'self_harm' WHEN 'geld' THEN 'money'
    ELSE 'other'
  END AS topic,
  CASE risk
    WHEN 'keine' THEN 0 WHEN 'gering' THEN 1 WHEN 'mittel' THEN 2 WHEN 'hoch' THEN 3 WHEN 'akut' THEN 4
  END AS risk_level,
  CAST(ceil(satisfaction / 2.0::DOUBLE) AS INT) AS rating,
  _position AS position
FROM {{ source('bronze', 'partner_conversations') }}
WHERE wait_minutes IS NULL OR wait_minutes >= 0
QUALIFY row_number() OVER (PARTITION BY case_number ORDER BY _position) = 1
