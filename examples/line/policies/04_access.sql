-- Who reads what. What is not granted here is not there for them. GRANT on a schema or table grants no column that is
-- text or identity: these have to be named, and each naming is a decision with its reason.

-- Analysts ---------------------------------------------------------------------------------------------------------
-- All measures, the cleaned tables without text and without identity, and how the platform does.
GRANT USE SCHEMA ON SCHEMA gold TO analysts;
GRANT USE SCHEMA ON SCHEMA silver TO analysts;
GRANT USE SCHEMA ON SCHEMA ops TO analysts;
GRANT SELECT ON SCHEMA gold TO analysts;
GRANT SELECT ON SCHEMA silver TO analysts;
GRANT SELECT ON SCHEMA ops TO analysts;
-- As hashes: how many texters come back, how work is spread over volunteers.
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversations TO analysts;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversation_events TO analysts;
GRANT SELECT (counselor_id) ON TABLE silver.partner_conversations TO analysts;
GRANT SELECT (volunteer_id) ON TABLE silver.volunteers TO analysts;
GRANT SELECT (volunteer_id) ON TABLE silver.shifts TO analysts;
GRANT SELECT (counselor_id) ON TABLE gold.counselor_activity TO analysts;
-- Whatever else they may become members of: numbers are their task, not what people wrote.
DENY SELECT (text) ON TABLE silver.messages TO analysts;

-- Supervisors ------------------------------------------------------------------------------------------------------
-- All measures; conversations, volunteers and shifts of their own team only.
GRANT USE SCHEMA ON SCHEMA gold TO supervisors;
GRANT USE SCHEMA ON SCHEMA silver TO supervisors;
GRANT SELECT ON SCHEMA gold TO supervisors;
GRANT SELECT (counselor_id) ON TABLE gold.counselor_activity TO supervisors;
GRANT SELECT ON TABLE silver.conversations TO supervisors;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversations TO supervisors;
GRANT SELECT ON TABLE silver.volunteers TO supervisors;
GRANT SELECT (volunteer_id) ON TABLE silver.volunteers TO supervisors;
GRANT SELECT ON TABLE silver.shifts TO supervisors;
GRANT SELECT (volunteer_id) ON TABLE silver.shifts TO supervisors;

SET ROW FILTER ON TABLE silver.volunteers (is_member('team_' || lower(team))) TO supervisors;
SET ROW FILTER ON TABLE silver.shifts (
  volunteer_id IN (SELECT v.volunteer_id FROM silver.volunteers v WHERE is_member('team_' || lower(v.team)))
) TO supervisors;
SET ROW FILTER ON TABLE silver.conversations (
  counselor_id IN (SELECT v.volunteer_id FROM silver.volunteers v WHERE is_member('team_' || lower(v.team)))
) TO supervisors;
SET ROW FILTER ON TABLE gold.counselor_activity (
  counselor_id IN (SELECT v.volunteer_id FROM silver.volunteers v WHERE is_member('team_' || lower(v.team)))
) TO supervisors;

-- The text of conversations that need a second look: flagged ones, those in which somebody was at high risk, and those
-- drawn into a random sample that is open, of their own team. A conversation that nobody answered is nobody's: whoever
-- supervises sees it when it is flagged.
GRANT SELECT ON TABLE silver.messages TO supervisors;
GRANT SELECT (text) ON TABLE silver.messages TO supervisors;
SET ROW FILTER ON TABLE silver.messages (
  conversation_id IN (
    SELECT c.conversation_id
    FROM silver.conversations c LEFT JOIN silver.volunteers v ON c.counselor_id = v.volunteer_id
    WHERE (
        c.risk_level >= 3
        OR c.conversation_id IN (SELECT f.conversation_id FROM gold.conversation_flags f)
        OR c.conversation_id IN (SELECT TRY_CAST(s.conversation AS BIGINT) FROM quality.samples s WHERE s.is_open)
      )
      AND (c.counselor_id IS NULL OR is_member('team_' || lower(v.team)))
  )
) TO supervisors;

-- Clinicians -------------------------------------------------------------------------------------------------------
-- The measures of quality. The text of real conversations is nobody's to read without a task in it: theirs is the review
-- of flags (09); role-plays, which they write and approve, are no conversations.
GRANT USE SCHEMA ON SCHEMA gold TO clinicians;
GRANT SELECT ON TABLE gold.response_latency TO clinicians;
GRANT SELECT ON TABLE gold.risk_daily TO clinicians;
GRANT SELECT ON TABLE gold.topics_monthly TO clinicians;
GRANT SELECT ON TABLE gold.ratings_monthly TO clinicians;
GRANT SELECT ON TABLE gold.conversation_length TO clinicians;

-- Volunteers -------------------------------------------------------------------------------------------------------
-- Their own shifts and their own activity, found by the roster's e-mail address: a volunteer's user has that for its
-- name. No conversations, not even their own: these are read where they were written.
GRANT USE SCHEMA ON SCHEMA silver TO volunteers;
GRANT USE SCHEMA ON SCHEMA gold TO volunteers;
GRANT SELECT ON TABLE silver.shifts TO volunteers;
GRANT SELECT ON TABLE gold.counselor_activity TO volunteers;
SET ROW FILTER ON TABLE silver.shifts (
  volunteer_id IN (
    SELECT volunteer_id FROM bronze.volunteers
    GROUP BY volunteer_id HAVING lower(arg_max(email, updated_at)) = lower(current_principal())
  )
) TO volunteers;
SET ROW FILTER ON TABLE gold.counselor_activity (
  counselor_id IN (
    SELECT volunteer_id FROM bronze.volunteers
    GROUP BY volunteer_id HAVING lower(arg_max(email, updated_at)) = lower(current_principal())
  )
) TO volunteers;

-- The partner Lindenruf --------------------------------------------------------------------------------------------
-- Their own rows, wherever a table says whose a row is.
GRANT USE SCHEMA ON SCHEMA silver TO partner_lindenruf;
GRANT USE SCHEMA ON SCHEMA gold TO partner_lindenruf;
GRANT SELECT ON TABLE silver.partner_conversations TO partner_lindenruf;
GRANT SELECT ON TABLE gold.volume_daily TO partner_lindenruf;
GRANT SELECT ON TABLE gold.volume_hourly TO partner_lindenruf;
GRANT SELECT ON TABLE gold.queue_wait TO partner_lindenruf;
GRANT SELECT ON TABLE gold.conversation_length TO partner_lindenruf;
GRANT SELECT ON TABLE gold.risk_daily TO partner_lindenruf;
GRANT SELECT ON TABLE gold.ratings_monthly TO partner_lindenruf;
SET ROW FILTER ON TABLE silver.partner_conversations (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.volume_daily (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.volume_hourly (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.queue_wait (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.conversation_length (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.risk_daily (partner = 'lindenruf') TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.ratings_monthly (partner = 'lindenruf') TO partner_lindenruf;
-- Should somebody add one of them to another group: Harbour's own conversations stay Harbour's.
DENY SELECT ON TABLE silver.conversations TO partner_lindenruf;
DENY SELECT ON TABLE silver.conversation_events TO partner_lindenruf;
DENY SELECT ON TABLE silver.messages TO partner_lindenruf;

-- Administrators ---------------------------------------------------------------------------------------------------
-- They decide who reads what, and see that the platform runs. Granting themselves more is possible, and is told by the
-- audit; by default they read neither conversations nor people.
GRANT MANAGE ON CATALOG TO admins;
GRANT USE SCHEMA ON SCHEMA ops TO admins;
GRANT SELECT ON SCHEMA ops TO admins;
DENY SELECT (text) ON TABLE silver.messages TO admins;
DENY SELECT (text) ON TABLE bronze.messages TO admins;
