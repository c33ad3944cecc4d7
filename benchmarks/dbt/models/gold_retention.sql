SELECT
  v.cohort,
  CAST(datediff('month', v.cohort, a.month) AS INT) AS months_since,
  count(DISTINCT a.counselor_id) AS active,
  max(s.volunteers) AS cohort_size
FROM {{ ref('gold_counselor_activity') }} a
JOIN {{ ref('silver_volunteers') }} v ON a.counselor_id = v.volunteer_id
JOIN (SELECT cohort, count(*) AS volunteers FROM {{ ref('silver_volunteers') }} GROUP BY cohort) s ON v.cohort = s.cohort
GROUP BY v.cohort, datediff('month', v.cohort, a.month)
