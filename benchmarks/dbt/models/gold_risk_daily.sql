SELECT
  day,
  partner,
  count(risk_level) AS assessed,
  count(CASE WHEN risk_level >= 3 THEN 1 END) AS high,
  count(CASE WHEN risk_level = 4 THEN 1 END) AS critical,
  avg(CASE WHEN risk_level >= 3 THEN 1.0 WHEN risk_level < 3 THEN 0.0 END) AS share_high
FROM {{ ref('all_conversations') }}
GROUP BY day, partner
