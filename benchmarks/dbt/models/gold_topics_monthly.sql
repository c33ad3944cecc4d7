SELECT
  month,
  topic,
  count(*) AS conversations,
  avg(CASE WHEN risk_level >= 3 THEN 1.0 WHEN risk_level < 3 THEN 0.0 END) AS share_high
FROM (SELECT month, risk_level, unnest(topics) AS topic FROM {{ ref('silver_conversations') }}) t
GROUP BY month, topic
