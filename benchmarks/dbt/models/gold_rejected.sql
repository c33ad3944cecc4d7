SELECT 'bronze.messages' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM {{ source('quarantine', 'bronze_messages') }} GROUP BY rule
UNION ALL
SELECT 'bronze.conversation_events' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM {{ source('quarantine', 'bronze_conversation_events') }} GROUP BY rule
UNION ALL
SELECT 'bronze.partner_conversations' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM {{ source('quarantine', 'bronze_partner_conversations') }} GROUP BY rule
UNION ALL
SELECT 'silver.messages' AS dataset, _rule AS rule, count(*) AS rejected, max(_rejected_at) AS newest_refusal
FROM {{ ref('quarantine_silver_messages') }} GROUP BY _rule
