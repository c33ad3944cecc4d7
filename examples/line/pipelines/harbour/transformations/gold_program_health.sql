-- Program health: how many people reach the line, how long they wait, who answers. Each measure is defined here once.
-- Sums add up whole milliseconds: in whatever order rows come, the same number to the last digit.
CREATE MATERIALIZED VIEW gold.volume_daily
COMMENT 'Conversations by day and partner. conversations: entered the queue that local day. answered: accepted by a counselor. abandoned: left before that. texters: different people (the partner does not say). messages: of those conversations, whoever wrote them.'
TBLPROPERTIES ('owner' = 'program_health', 'refresh.key' = 'day', 'expect.parts_fit' = 'FAIL answered + abandoned <= conversations') AS
SELECT
  day,
  partner,
  count(*) AS conversations,
  count(CASE WHEN wait_seconds IS NOT NULL THEN 1 END) AS answered,
  count(CASE WHEN outcome = 'abandoned' AND wait_seconds IS NULL THEN 1 END) AS abandoned,
  count(DISTINCT texter_key) AS texters,
  sum(messages) AS messages
FROM all_conversations
GROUP BY day, partner;

CREATE MATERIALIZED VIEW gold.volume_hourly
COMMENT 'Conversations by month, partner and local hour of the day (0 to 23) in which they entered the queue.'
TBLPROPERTIES ('owner' = 'program_health', 'refresh.key' = 'month', 'expect.hour_of_day' = 'FAIL hour BETWEEN 0 AND 23') AS
SELECT month, partner, hour, count(*) AS conversations
FROM all_conversations
GROUP BY month, partner, hour;

CREATE MATERIALIZED VIEW gold.queue_wait
COMMENT 'Waiting by day and partner. wait_p50, wait_p90: exact percentiles of the seconds until a counselor accepted, of answered conversations. within_5_minutes: share of answered ones. abandonment: share of those answered or abandoned that were abandoned; conversations still waiting do not count.'
TBLPROPERTIES ('owner' = 'program_health', 'refresh.key' = 'day', 'expect.abandonment_is_a_share' = 'FAIL abandonment IS NULL OR abandonment BETWEEN 0 AND 1') AS
SELECT
  day,
  partner,
  count(wait_seconds) AS answered,
  percentile(wait_seconds, 0.5) AS wait_p50,
  percentile(wait_seconds, 0.9) AS wait_p90,
  avg(CASE WHEN wait_seconds < 300 THEN 1.0D WHEN wait_seconds >= 300 THEN 0.0D END) AS within_5_minutes,
  avg(CASE WHEN wait_seconds IS NOT NULL THEN 0.0D WHEN outcome = 'abandoned' THEN 1.0D END) AS abandonment
FROM all_conversations
GROUP BY day, partner;

CREATE MATERIALIZED VIEW gold.conversation_length
COMMENT 'Length of answered conversations by day and partner: exact median and 90th percentile of messages (everybody''s) and of minutes from acceptance to the end.'
TBLPROPERTIES ('owner' = 'program_health', 'refresh.key' = 'day') AS
SELECT
  day,
  partner,
  count(*) AS conversations,
  percentile(messages, 0.5) AS messages_p50,
  percentile(messages, 0.9) AS messages_p90,
  percentile(duration_seconds / 60.0D, 0.5) AS minutes_p50,
  percentile(duration_seconds / 60.0D, 0.9) AS minutes_p90
FROM all_conversations
WHERE wait_seconds IS NOT NULL
GROUP BY day, partner;

CREATE MATERIALIZED VIEW gold.counselor_activity
COMMENT 'What each counselor did in a month: conversations accepted (partner''s included), days with at least one, hours in conversation, mean response latency in seconds, mean rating of rated conversations.'
TBLPROPERTIES ('owner' = 'volunteer_coordination', 'refresh.key' = 'month') AS
SELECT
  month,
  counselor_id,
  count(*) AS conversations,
  count(DISTINCT day) AS days,
  sum(CAST(round(duration_seconds * 1000) AS BIGINT)) / 3600000.0D AS hours,
  avg(rating) AS rating
FROM all_conversations
WHERE counselor_id IS NOT NULL
GROUP BY month, counselor_id;

CREATE MATERIALIZED VIEW gold.shifts_monthly
COMMENT 'Shifts on the roster by month: how many, planned hours, volunteers with at least one.'
TBLPROPERTIES ('owner' = 'volunteer_coordination') AS
SELECT month, count(*) AS shifts, sum(CAST(round(hours * 3600000) AS BIGINT)) / 3600000.0D AS hours, count(DISTINCT volunteer_id) AS volunteers
FROM silver.shifts
GROUP BY month;

CREATE MATERIALIZED VIEW gold.retention
COMMENT 'Of the volunteers who joined in one month (cohort), how many took at least one conversation in each later month. months_since 0 is the month of joining.'
TBLPROPERTIES ('owner' = 'volunteer_coordination', 'expect.not_before_joining' = 'WARN months_since >= 0') AS
SELECT
  v.cohort AS cohort,
  CAST(months_between(a.month, v.cohort) AS INT) AS months_since,
  count(DISTINCT a.counselor_id) AS active,
  max(s.volunteers) AS cohort_size
FROM gold.counselor_activity a
JOIN silver.volunteers v ON a.counselor_id = v.volunteer_id
JOIN (SELECT cohort, count(*) AS volunteers FROM silver.volunteers GROUP BY cohort) s ON v.cohort = s.cohort
GROUP BY v.cohort, CAST(months_between(a.month, v.cohort) AS INT);
