-- Data trust: what arrived late, and what was refused and why.
CREATE MATERIALIZED VIEW gold.deliveries
COMMENT 'Message files as the platform delivered them, one row per file and ingestion run (a file that grew has several): rows, and how many came late: sent on an earlier day (UTC) than the one before that on which the file''s period begins.'
TBLPROPERTIES ('owner' = 'data_engineering', 'refresh.key' = '_ingested_at') AS
SELECT
  _ingested_at,
  _file,
  min(period) AS period,
  sum(delivered) AS delivered,
  sum(CASE WHEN day < date_sub(period, 1) THEN delivered ELSE 0L END) AS late,
  min(oldest) AS oldest,
  max(newest) AS newest
FROM (
  SELECT
    _ingested_at,
    _file,
    day,
    to_date(regexp_extract(_file, '([0-9]{8})T[0-9]{6}Z', 1), 'yyyyMMdd') AS period,
    delivered,
    oldest,
    newest
  FROM (
    SELECT
      _ingested_at,
      _file,
      CAST(sent_at AS DATE) AS day,
      count(*) AS delivered,
      min(sent_at) AS oldest,
      max(sent_at) AS newest
    FROM bronze.messages
    GROUP BY _ingested_at, _file, CAST(sent_at AS DATE)
  ) d
) f
GROUP BY _ingested_at, _file;

CREATE MATERIALIZED VIEW gold.rejected
COMMENT 'Rows that were refused, by table and rule: by ingestion because they break the source''s contract, by the pipeline because they break an expectation.'
TBLPROPERTIES ('owner' = 'data_engineering') AS
SELECT 'bronze.messages' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM quarantine.bronze_messages GROUP BY rule
UNION ALL
SELECT 'bronze.conversation_events' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM quarantine.bronze_conversation_events GROUP BY rule
UNION ALL
SELECT 'bronze.partner_conversations' AS dataset, rule, count(*) AS rejected, max(_ingested_at) AS newest_refusal
FROM quarantine.bronze_partner_conversations GROUP BY rule
UNION ALL
SELECT 'silver.messages' AS dataset, _rule AS rule, count(*) AS rejected, max(_rejected_at) AS newest_refusal
FROM quarantine.silver_messages GROUP BY _rule;
