-- Quality: how fast counselors answer, what conversations are about, how serious they are, what texters say of them.
CREATE MATERIALIZED VIEW gold.response_latency
COMMENT 'Response latency by day, of our own conversations: exact median and 90th percentile over conversations of the conversation''s mean latency in seconds; longest: the longest single wait for an answer.'
TBLPROPERTIES ('owner' = 'quality', 'refresh.key' = 'day') AS
SELECT
  day,
  count(*) AS conversations,
  percentile(response_seconds / responses, 0.5) AS latency_p50,
  percentile(response_seconds / responses, 0.9) AS latency_p90,
  max(longest_response_seconds) AS longest
FROM silver.conversations
WHERE responses > 0
GROUP BY day;

CREATE MATERIALIZED VIEW gold.risk_daily
COMMENT 'Risk by day and partner. assessed: conversations with a risk level. high: level 3 or 4. critical: level 4. share_high: high of assessed.'
TBLPROPERTIES ('owner' = 'quality', 'refresh.key' = 'day', 'expect.share_high_is_a_share' = 'FAIL share_high IS NULL OR share_high BETWEEN 0 AND 1') AS
SELECT
  day,
  partner,
  count(risk_level) AS assessed,
  count(CASE WHEN risk_level >= 3 THEN 1 END) AS high,
  count(CASE WHEN risk_level = 4 THEN 1 END) AS critical,
  avg(CASE WHEN risk_level >= 3 THEN 1.0D WHEN risk_level < 3 THEN 0.0D END) AS share_high
FROM all_conversations
GROUP BY day, partner;

CREATE MATERIALIZED VIEW gold.topics_monthly
COMMENT 'Our own conversations by month and topic; a conversation with several topics counts under each. share_high: high risk (3 or 4) among those with a risk level.'
TBLPROPERTIES ('owner' = 'quality', 'refresh.key' = 'month') AS
SELECT
  month,
  topic,
  count(*) AS conversations,
  avg(CASE WHEN risk_level >= 3 THEN 1.0D WHEN risk_level < 3 THEN 0.0D END) AS share_high
FROM (SELECT month, risk_level, explode(topics) AS topic FROM silver.conversations) t
GROUP BY month, topic;

CREATE MATERIALIZED VIEW gold.ratings_monthly
COMMENT 'Texters'' ratings (1 to 5) by month and partner: how many, mean, share of 4 and 5.'
TBLPROPERTIES ('owner' = 'quality', 'refresh.key' = 'month') AS
SELECT
  month,
  partner,
  count(*) AS ratings,
  avg(rating) AS rating,
  avg(CASE WHEN rating >= 4 THEN 1.0D ELSE 0.0D END) AS share_good
FROM all_conversations
WHERE rating IS NOT NULL
GROUP BY month, partner;
