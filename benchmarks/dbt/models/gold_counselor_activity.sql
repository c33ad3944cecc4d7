SELECT
  month,
  counselor_id,
  count(*) AS conversations,
  count(DISTINCT day) AS days,
  sum(duration_seconds) / 3600.0::DOUBLE AS hours,
  avg(rating) AS rating
FROM {{ ref('all_conversations') }}
WHERE counselor_id IS NOT NULL
GROUP BY month, counselor_id
