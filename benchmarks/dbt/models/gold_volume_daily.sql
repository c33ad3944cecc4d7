SELECT
  day,
  partner,
  count(*) AS conversations,
  count(wait_seconds) AS answered,
  count(CASE WHEN outcome = 'abandoned' AND wait_seconds IS NULL THEN 1 END) AS abandoned,
  count(DISTINCT texter_key) AS texters,
  CAST(sum(messages) AS BIGINT) AS messages
FROM {{ ref('all_conversations') }}
GROUP BY day, partner
