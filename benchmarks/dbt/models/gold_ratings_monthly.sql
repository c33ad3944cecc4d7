SELECT
  month,
  partner,
  count(*) AS ratings,
  avg(rating) AS rating,
  avg(CASE WHEN rating >= 4 THEN 1.0 ELSE 0.0 END) AS share_good
FROM {{ ref('all_conversations') }}
WHERE rating IS NOT NULL
GROUP BY month, partner
