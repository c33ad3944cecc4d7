SELECT
  day,
  partner,
  count(wait_seconds) AS answered,
  quantile_cont(wait_seconds, 0.5) AS wait_p50,
  quantile_cont(wait_seconds, 0.9) AS wait_p90,
  avg(CASE WHEN wait_seconds < 300 THEN 1.0 WHEN wait_seconds >= 300 THEN 0.0 END) AS within_5_minutes,
  avg(CASE WHEN wait_seconds IS NOT NULL THEN 0.0 WHEN outcome = 'abandoned' THEN 1.0 END) AS abandonment
FROM {{ ref('all_conversations') }}
GROUP BY day, partner
