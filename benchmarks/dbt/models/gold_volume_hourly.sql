SELECT month, partner, hour, count(*) AS conversations
FROM {{ ref('all_conversations') }}
GROUP BY month, partner, hour
