{{ config(materialized='view') }}
SELECT
  'home' AS partner, day, month, hour, counselor_id, texter_key, outcome, wait_seconds, duration_seconds, messages,
  risk_level, rating
FROM {{ ref('silver_conversations') }}
UNION ALL
SELECT
  partner, day, month, hour, counselor_id, CAST(NULL AS VARCHAR) AS texter_key, outcome, wait_seconds,
  duration_seconds, messages, risk_level, rating
FROM {{ ref('silver_partner_conversations') }}
