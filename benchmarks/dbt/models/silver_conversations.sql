WITH events AS (
  SELECT
    conversation_id,
    min(CASE WHEN event = 'queued' THEN "at" END) AS queued_at,
    min(CASE WHEN event = 'accepted' THEN "at" END) AS accepted_at,
    max(CASE WHEN event = 'closed' THEN "at" END) AS closed_at,
    max(texter_key) AS texter_key,
    max(counselor_id) AS counselor_id,
    coalesce(max(outcome), 'open') AS outcome,
    max(risk_level) AS risk_level,
    max(topics) AS topics,
    max(rating) AS rating
  FROM {{ ref('silver_conversation_events') }}
  GROUP BY conversation_id
),
messages AS (
  SELECT
    conversation_id,
    max(channel) AS channel,
    count(*) AS messages,
    count(CASE WHEN author = 'texter' THEN 1 END) AS texter_messages,
    count(CASE WHEN author = 'counselor' THEN 1 END) AS counselor_messages,
    max(sent_at) AS last_message_at
  FROM {{ ref('silver_messages') }}
  GROUP BY conversation_id
),
turns AS (
  SELECT
    conversation_id,
    (epoch_ms(sent_at) << 2) + CASE author WHEN 'texter' THEN 1 WHEN 'counselor' THEN 2 ELSE 0 END AS turn
  FROM {{ ref('silver_messages') }}
),
steps AS (
  SELECT conversation_id, turn, lag(turn) OVER (PARTITION BY conversation_id ORDER BY turn) AS before
  FROM turns
),
responses AS (
  SELECT
    conversation_id,
    count(*) AS responses,
    sum((turn >> 2) - (before >> 2)) / 1000.0::DOUBLE AS response_seconds,
    max((turn >> 2) - (before >> 2)) / 1000.0::DOUBLE AS longest_response_seconds
  FROM steps
  WHERE turn & 3 = 2 AND before & 3 = 1
  GROUP BY conversation_id
)
SELECT
  e.conversation_id,
  CAST(timezone('America/New_York', e.queued_at) AS DATE) AS day,
  CAST(date_trunc('month', timezone('America/New_York', e.queued_at)) AS DATE) AS month,
  hour(timezone('America/New_York', e.queued_at)) AS hour,
  e.queued_at,
  e.accepted_at,
  e.closed_at,
  m.last_message_at,
  e.texter_key,
  e.counselor_id,
  m.channel,
  e.outcome,
  (epoch_ms(e.accepted_at) - epoch_ms(e.queued_at)) / 1000.0::DOUBLE AS wait_seconds,
  (epoch_ms(coalesce(e.closed_at, m.last_message_at)) - epoch_ms(e.accepted_at)) / 1000.0::DOUBLE AS duration_seconds,
  coalesce(m.messages, 0) AS messages,
  coalesce(m.texter_messages, 0) AS texter_messages,
  coalesce(m.counselor_messages, 0) AS counselor_messages,
  coalesce(r.responses, 0) AS responses,
  r.response_seconds,
  r.longest_response_seconds,
  e.risk_level,
  e.topics,
  e.rating
FROM events e
LEFT JOIN messages m ON e.conversation_id = m.conversation_id
LEFT JOIN responses r ON e.conversation_id = r.conversation_id
WHERE e.queued_at IS NOT NULL
