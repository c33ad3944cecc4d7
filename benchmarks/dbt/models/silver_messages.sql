WITH kept AS NOT MATERIALIZED (SELECT * EXCLUDE (_rule) FROM {{ ref('checked_messages') }} WHERE _rule = ''),
doubled AS (SELECT message_id, min(position) AS first FROM kept GROUP BY message_id HAVING count(*) > 1)
SELECT kept.*
FROM kept
LEFT JOIN doubled ON kept.message_id = doubled.message_id
WHERE doubled.message_id IS NULL OR kept.position = doubled.first
