SELECT
  day,
  partner,
  count(*) AS conversations,
  quantile_cont(messages::DOUBLE, 0.5) AS messages_p50,
  quantile_cont(messages::DOUBLE, 0.9) AS messages_p90,
  quantile_cont(duration_seconds / 60.0::DOUBLE, 0.5) AS minutes_p50,
  quantile_cont(duration_seconds / 60.0::DOUBLE, 0.9) AS minutes_p90
FROM {{ ref('all_conversations') }}
WHERE wait_seconds IS NOT NULL
GROUP BY day, partner
