SELECT
  event_id, conversation_id, event, "at", texter_key, counselor_id, outcome, risk_level, topics, rating,
  _position AS position
FROM {{ source('bronze', 'conversation_events') }}
WHERE event IN ('queued', 'accepted', 'closed', 'rated')
  AND (risk_level IS NULL OR risk_level BETWEEN 0 AND 4)
  AND (rating IS NULL OR rating BETWEEN 1 AND 5)
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY _position) = 1
