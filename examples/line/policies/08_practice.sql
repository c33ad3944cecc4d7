-- Practice with played texters, and the studio where cards and role-plays are written.

-- Whoever may EXECUTE practises; whoever may MANAGE assigns, keeps cohorts and reads debriefs to teach from them.
GRANT EXECUTE ON APP practice TO volunteers;
GRANT EXECUTE ON APP practice TO supervisors;
GRANT EXECUTE ON APP practice TO clinicians;
GRANT MANAGE ON APP practice TO supervisors;
GRANT MANAGE ON APP practice TO clinicians;

-- Clinicians read, write (MODIFY), review and approve (MANAGE) cards and role-plays. Two others approve what holds risk.
GRANT EXECUTE ON APP studio TO clinicians;
GRANT MODIFY ON APP studio TO clinicians;
GRANT MANAGE ON APP studio TO clinicians;

-- Practice as tables (schema practice): sessions that ended. Stopped ones and people's wishes are in no table.

-- A trainer reads about the people of their own cohorts, with their words: to teach from them. Whose cohort somebody is
-- in is the trainer's to say, on the pages of practice.
GRANT USE SCHEMA ON SCHEMA practice TO supervisors;
GRANT SELECT ON SCHEMA practice TO supervisors;
GRANT SELECT (person) ON TABLE practice.sessions TO supervisors;
GRANT SELECT (person) ON TABLE practice.messages TO supervisors;
GRANT SELECT (person) ON TABLE practice.turns TO supervisors;
GRANT SELECT (person) ON TABLE practice.acts TO supervisors;
GRANT SELECT (person) ON TABLE practice.rubric_items TO supervisors;
GRANT SELECT (person) ON TABLE practice.self_efficacy TO supervisors;
GRANT SELECT (person) ON TABLE practice.corrections TO supervisors;
GRANT SELECT (person) ON TABLE practice.cohort_members TO supervisors;
GRANT SELECT (text) ON TABLE practice.messages TO supervisors;

GRANT USE SCHEMA ON SCHEMA practice TO clinicians;
GRANT SELECT ON SCHEMA practice TO clinicians;
GRANT SELECT (person) ON TABLE practice.sessions TO clinicians;
GRANT SELECT (person) ON TABLE practice.messages TO clinicians;
GRANT SELECT (person) ON TABLE practice.turns TO clinicians;
GRANT SELECT (person) ON TABLE practice.acts TO clinicians;
GRANT SELECT (person) ON TABLE practice.rubric_items TO clinicians;
GRANT SELECT (person) ON TABLE practice.self_efficacy TO clinicians;
GRANT SELECT (person) ON TABLE practice.corrections TO clinicians;
GRANT SELECT (person) ON TABLE practice.cohort_members TO clinicians;
GRANT SELECT (text) ON TABLE practice.messages TO clinicians;

-- Volunteers read their own.
GRANT USE SCHEMA ON SCHEMA practice TO volunteers;
GRANT SELECT ON TABLE practice.sessions TO volunteers;
GRANT SELECT (person) ON TABLE practice.sessions TO volunteers;
GRANT SELECT ON TABLE practice.messages TO volunteers;
GRANT SELECT (person) ON TABLE practice.messages TO volunteers;
GRANT SELECT ON TABLE practice.turns TO volunteers;
GRANT SELECT (person) ON TABLE practice.turns TO volunteers;
GRANT SELECT ON TABLE practice.acts TO volunteers;
GRANT SELECT (person) ON TABLE practice.acts TO volunteers;
GRANT SELECT ON TABLE practice.rubric_items TO volunteers;
GRANT SELECT (person) ON TABLE practice.rubric_items TO volunteers;
GRANT SELECT ON TABLE practice.self_efficacy TO volunteers;
GRANT SELECT (person) ON TABLE practice.self_efficacy TO volunteers;
GRANT SELECT ON TABLE practice.corrections TO volunteers;
GRANT SELECT (person) ON TABLE practice.corrections TO volunteers;
GRANT SELECT (text) ON TABLE practice.messages TO volunteers;

SET ROW FILTER ON TABLE practice.sessions (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.sessions (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.sessions (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.messages (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.messages (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.messages (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.turns (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.turns (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.turns (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.acts (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.acts (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.acts (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.rubric_items (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.rubric_items (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.rubric_items (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.self_efficacy (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.self_efficacy (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.self_efficacy (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.corrections (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
SET ROW FILTER ON TABLE practice.corrections (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO clinicians;
SET ROW FILTER ON TABLE practice.corrections (person = current_principal()) TO volunteers;
SET ROW FILTER ON TABLE practice.cohort_members (trainer = current_principal()) TO supervisors;
SET ROW FILTER ON TABLE practice.cohort_members (trainer = current_principal()) TO clinicians;

-- Analysts read how training goes, people as hashes and without what they wrote.
GRANT USE SCHEMA ON SCHEMA practice TO analysts;
GRANT SELECT ON SCHEMA practice TO analysts;
GRANT SELECT (person) ON TABLE practice.sessions TO analysts;
GRANT SELECT (person) ON TABLE practice.messages TO analysts;
GRANT SELECT (person) ON TABLE practice.turns TO analysts;
GRANT SELECT (person) ON TABLE practice.acts TO analysts;
GRANT SELECT (person) ON TABLE practice.rubric_items TO analysts;
GRANT SELECT (person) ON TABLE practice.self_efficacy TO analysts;
GRANT SELECT (person) ON TABLE practice.corrections TO analysts;
GRANT SELECT (person) ON TABLE practice.cohort_members TO analysts;
DENY SELECT (text) ON TABLE practice.messages TO analysts;
GRANT SELECT (person, volunteer_id) ON TABLE gold.training_outcomes TO analysts;

-- What joins training to later work, and who reads it of whom.
GRANT SELECT (person, volunteer_id) ON TABLE gold.training_outcomes TO supervisors;
SET ROW FILTER ON TABLE gold.training_outcomes (
  person IN (SELECT m.person FROM practice.cohort_members m WHERE m.trainer = current_principal())
) TO supervisors;
GRANT USE SCHEMA ON SCHEMA practice TO volunteer_coordination;
GRANT SELECT ON TABLE practice.sessions TO volunteer_coordination;
GRANT SELECT ON TABLE practice.turns TO volunteer_coordination;
GRANT SELECT ON TABLE practice.cohort_members TO volunteer_coordination;
GRANT SELECT (person) ON TABLE practice.sessions TO volunteer_coordination;
GRANT SELECT (person) ON TABLE practice.turns TO volunteer_coordination;
GRANT SELECT (person) ON TABLE practice.cohort_members TO volunteer_coordination;
GRANT SELECT (email) ON TABLE bronze.volunteers TO volunteer_coordination;
GRANT MODIFY ON TABLE gold.training_outcomes TO volunteer_coordination;

GRANT VIEW ON DASHBOARD practice TO supervisors;
GRANT VIEW ON DASHBOARD practice TO analysts;
