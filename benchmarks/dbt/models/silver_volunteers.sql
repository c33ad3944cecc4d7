SELECT volunteer_id, team, joined_on, left_on, CAST(date_trunc('month', joined_on) AS DATE) AS cohort
FROM {{ source('bronze', 'volunteers') }}
QUALIFY row_number() OVER (PARTITION BY volunteer_id ORDER BY updated_at DESC, _position DESC) = 1
