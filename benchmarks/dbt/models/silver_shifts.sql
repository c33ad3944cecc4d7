WITH newest AS (
  SELECT * FROM {{ source('bronze', 'shifts') }}
  QUALIFY row_number() OVER (PARTITION BY shift_id ORDER BY updated_at DESC, _position DESC) = 1
)
SELECT
  shift_id, volunteer_id, starts_at, ends_at,
  CAST(date_trunc('month', timezone('America/New_York', starts_at)) AS DATE) AS month,
  (epoch_ms(ends_at) - epoch_ms(starts_at)) / 3600000.0::DOUBLE AS hours
FROM newest
WHERE ends_at > starts_at
