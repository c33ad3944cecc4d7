-- Training: what volunteers practised, and what became of their work afterwards. A user's name is the roster's e-mail
-- address; practice by anybody else (trainers trying a card) has no volunteer and no later conversations.
CREATE MATERIALIZED VIEW gold.training_outcomes
COMMENT 'One row per person who practised: their cohort, sessions, passed assessments, the days from the first session to the first pass at difficulty 2 or 3 (NULL: none yet), rubric shares of the first and last three sessions, and the conversations they took since their first pass (since their last session, without one) with ratings, high risk and response seconds.'
TBLPROPERTIES (
  'owner' = 'volunteer_coordination',
  'expect.days_to_proficiency' = 'WARN days_to_proficiency IS NULL OR days_to_proficiency >= 0',
  'expect.share_is_a_share' = 'FAIL last_share IS NULL OR last_share BETWEEN 0 AND 1'
) AS
WITH numbered AS (
  SELECT
    person, kind, difficulty, began_at, ended_at, is_passed, rubric_share,
    row_number() OVER (PARTITION BY person ORDER BY ended_at, session) AS place,
    row_number() OVER (PARTITION BY person ORDER BY ended_at DESC, session DESC) AS place_from_last
  FROM practice.sessions
  WHERE NOT is_branch
),
practised AS (
  SELECT
    person,
    count(*) AS sessions,
    count(CASE WHEN kind = 'assessment' THEN 1 END) AS assessments,
    count(CASE WHEN is_passed THEN 1 END) AS passes,
    min(began_at) AS first_at,
    max(ended_at) AS last_at,
    min(CASE WHEN is_passed AND difficulty >= 2 THEN ended_at END) AS proficient_at,
    avg(CASE WHEN place <= 3 THEN rubric_share END) AS first_share,
    avg(CASE WHEN place_from_last <= 3 THEN rubric_share END) AS last_share
  FROM numbered
  GROUP BY person
),
cohorts AS (
  SELECT person, min(cohort) AS cohort FROM practice.cohort_members GROUP BY person
),
phases AS (
  SELECT person, avg(CASE WHEN phase IN ('exploration', 'risk_assessment') THEN 1.0D ELSE 0.0D END) AS share_exploring
  FROM practice.turns
  WHERE event = 'said'
  GROUP BY person
),
roster AS (
  SELECT volunteer_id, email FROM (
    SELECT
      volunteer_id, lower(email) AS email,
      row_number() OVER (PARTITION BY volunteer_id ORDER BY updated_at DESC, _position DESC) AS newest
    FROM bronze.volunteers
  ) v
  WHERE newest = 1
),
later AS (
  SELECT
    p.person AS person,
    max(r.volunteer_id) AS volunteer_id,
    count(c.conversation_id) AS conversations_after,
    count(c.rating) AS ratings_after,
    avg(c.rating) AS rating_after,
    count(CASE WHEN c.risk_level >= 3 THEN 1 END) AS high_risk_after,
    sum(c.response_seconds) / nullif(sum(c.responses), 0) AS response_seconds_after
  FROM practised p
  JOIN roster r ON lower(p.person) = r.email
  LEFT JOIN silver.conversations c ON c.counselor_id = r.volunteer_id AND c.accepted_at > coalesce(p.proficient_at, p.last_at)
  GROUP BY p.person
)
SELECT
  p.person AS person,
  l.volunteer_id AS volunteer_id,
  c.cohort AS cohort,
  p.sessions AS sessions,
  p.assessments AS assessments,
  p.passes AS passes,
  CAST(p.first_at AS DATE) AS first_on,
  CAST(p.last_at AS DATE) AS last_on,
  (unix_millis(p.proficient_at) - unix_millis(p.first_at)) / 86400000.0D AS days_to_proficiency,
  p.first_share AS first_share,
  p.last_share AS last_share,
  f.share_exploring AS share_exploring,
  l.conversations_after AS conversations_after,
  l.ratings_after AS ratings_after,
  l.rating_after AS rating_after,
  l.high_risk_after AS high_risk_after,
  l.response_seconds_after AS response_seconds_after
FROM practised p
LEFT JOIN cohorts c ON c.person = p.person
LEFT JOIN phases f ON f.person = p.person
LEFT JOIN later l ON l.person = p.person;
