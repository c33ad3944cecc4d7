SELECT
  day,
  count(*) AS conversations,
  quantile_cont(response_seconds / responses, 0.5) AS latency_p50,
  quantile_cont(response_seconds / responses, 0.9) AS latency_p90,
  max(longest_response_seconds) AS longest
FROM {{ ref('silver_conversations') }}
WHERE responses > 0
GROUP BY day
