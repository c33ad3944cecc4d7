-- The roster as it is now: of each volunteer and shift the row that was changed last.
CREATE MATERIALIZED VIEW silver.volunteers
COMMENT 'One row per volunteer, as the roster last said. Names and e-mail addresses stay in bronze.'
TBLPROPERTIES ('owner' = 'volunteer_coordination', 'expect.joined' = 'WARN joined_on IS NOT NULL') AS
SELECT volunteer_id, team, joined_on, left_on, CAST(date_trunc('MONTH', joined_on) AS DATE) AS cohort
FROM (
  SELECT
    volunteer_id, team, joined_on, left_on,
    row_number() OVER (PARTITION BY volunteer_id ORDER BY updated_at DESC, _position DESC) AS newest
  FROM bronze.volunteers
) v
WHERE newest = 1;

CREATE MATERIALIZED VIEW silver.shifts
COMMENT 'One row per shift, as the roster last said. Times are UTC, months local (New York).'
TBLPROPERTIES ('owner' = 'volunteer_coordination', 'expect.ends_after_it_starts' = 'DROP ends_at > starts_at') AS
SELECT
  shift_id, volunteer_id, starts_at, ends_at,
  CAST(date_trunc('MONTH', from_utc_timestamp(starts_at, 'America/New_York')) AS DATE) AS month,
  (unix_millis(ends_at) - unix_millis(starts_at)) / 3600000.0D AS hours
FROM (
  SELECT
    shift_id, volunteer_id, starts_at, ends_at,
    row_number() OVER (PARTITION BY shift_id ORDER BY updated_at DESC, _position DESC) AS newest
  FROM bronze.shifts
) s
WHERE newest = 1;
