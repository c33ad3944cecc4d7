WITH by_day AS (
  SELECT _ingested_at, _file, CAST(sent_at AS DATE) AS day, count(*) AS delivered, min(sent_at) AS oldest, max(sent_at) AS newest
  FROM {{ source('bronze', 'messages') }}
  GROUP BY _ingested_at, _file, CAST(sent_at AS DATE)
),
dated AS (
  SELECT *, CAST(strptime(regexp_extract(_file, '([0-9]{8})T[0-9]{6}Z', 1), '%Y%m%d') AS DATE) AS period FROM by_day
)
SELECT
  _ingested_at,
  _file,
  min(period) AS period,
  CAST(sum(delivered) AS BIGINT) AS delivered,
  CAST(sum(CASE WHEN day < period - 1 THEN delivered ELSE 0 END) AS BIGINT) AS late,
  min(oldest) AS oldest,
  max(newest) AS newest
FROM dated
GROUP BY _ingested_at, _file
