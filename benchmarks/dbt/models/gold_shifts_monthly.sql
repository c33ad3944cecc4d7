SELECT month, count(*) AS shifts, sum(hours) AS hours, count(DISTINCT volunteer_id) AS volunteers
FROM {{ ref('silver_shifts') }}
GROUP BY month
