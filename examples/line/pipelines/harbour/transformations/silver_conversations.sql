-- What happened to each conversation, from its events and its messages.
CREATE STREAMING TABLE silver.conversation_events
COMMENT 'One row per event of a conversation: queued, accepted, closed, rated. Delivered twice, the first delivery counts. Times are UTC.'
TBLPROPERTIES (
  'owner' = 'data_engineering',
  'deduplicate.key' = 'event_id',
  'deduplicate.first' = 'position',
  'expect.known_event' = "DROP event IN ('queued', 'accepted', 'closed', 'rated')",
  'expect.risk_level_in_range' = 'DROP risk_level IS NULL OR risk_level BETWEEN 0 AND 4',
  'expect.rating_in_range' = 'DROP rating IS NULL OR rating BETWEEN 1 AND 5'
) AS
SELECT
  event_id, conversation_id, event, at, texter_key, counselor_id, outcome, risk_level, topics, rating,
  _position AS position
FROM STREAM bronze.conversation_events;

CREATE MATERIALIZED VIEW silver.conversations
COMMENT 'One row per conversation of the line itself. Days and hours are local time (New York) at the moment of queueing. A wait ends when a counselor accepts. A response is a counselor message that follows a texter message; its latency is the time between the two. Conversations still going on have the outcome open.'
TBLPROPERTIES (
  'owner' = 'data_engineering',
  'refresh.key' = 'conversation_id',
  'expect.was_queued' = 'DROP queued_at IS NOT NULL',
  'expect.wait_not_negative' = 'WARN wait_seconds IS NULL OR wait_seconds >= 0'
) AS
WITH events AS (
  SELECT
    conversation_id,
    min(CASE WHEN event = 'queued' THEN at END) AS queued_at,
    min(CASE WHEN event = 'accepted' THEN at END) AS accepted_at,
    max(CASE WHEN event = 'closed' THEN at END) AS closed_at,
    max(texter_key) AS texter_key,
    max(counselor_id) AS counselor_id,
    coalesce(max(outcome), 'open') AS outcome,
    max(risk_level) AS risk_level,
    max(array_join(topics, ',')) AS topics,
    max(rating) AS rating
  FROM silver.conversation_events
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
  FROM silver.messages
  GROUP BY conversation_id
),
-- Who wrote when, as one number (milliseconds * 4 + 1 texter, 2 counselor, 0 system): sorting numbers costs half.
turns AS (
  SELECT
    conversation_id,
    shiftleft(unix_millis(sent_at), 2) + CASE author WHEN 'texter' THEN 1 WHEN 'counselor' THEN 2 ELSE 0 END AS turn
  FROM silver.messages
),
steps AS (
  SELECT conversation_id, turn, lag(turn) OVER (PARTITION BY conversation_id ORDER BY turn) AS before
  FROM turns
),
responses AS (
  SELECT
    conversation_id,
    count(*) AS responses,
    sum(shiftright(turn, 2) - shiftright(before, 2)) / 1000.0D AS response_seconds,
    max(shiftright(turn, 2) - shiftright(before, 2)) / 1000.0D AS longest_response_seconds
  FROM steps
  WHERE turn & 3 = 2 AND before & 3 = 1
  GROUP BY conversation_id
)
SELECT
  e.conversation_id AS conversation_id,
  CAST(from_utc_timestamp(e.queued_at, 'America/New_York') AS DATE) AS day,
  CAST(date_trunc('MONTH', from_utc_timestamp(e.queued_at, 'America/New_York')) AS DATE) AS month,
  hour(from_utc_timestamp(e.queued_at, 'America/New_York')) AS hour,
  e.queued_at AS queued_at,
  e.accepted_at AS accepted_at,
  e.closed_at AS closed_at,
  m.last_message_at AS last_message_at,
  e.texter_key AS texter_key,
  e.counselor_id AS counselor_id,
  m.channel AS channel,
  e.outcome AS outcome,
  (unix_millis(e.accepted_at) - unix_millis(e.queued_at)) / 1000.0D AS wait_seconds,
  (unix_millis(coalesce(e.closed_at, m.last_message_at)) - unix_millis(e.accepted_at)) / 1000.0D AS duration_seconds,
  coalesce(m.messages, 0L) AS messages,
  coalesce(m.texter_messages, 0L) AS texter_messages,
  coalesce(m.counselor_messages, 0L) AS counselor_messages,
  coalesce(r.responses, 0L) AS responses,
  r.response_seconds AS response_seconds,
  r.longest_response_seconds AS longest_response_seconds,
  e.risk_level AS risk_level,
  CASE WHEN e.topics <> '' THEN split(e.topics, ',') END AS topics,
  e.rating AS rating
FROM events e
LEFT JOIN messages m ON e.conversation_id = m.conversation_id
LEFT JOIN responses r ON e.conversation_id = r.conversation_id;
