-- Labels, flags and the queue: what is read in conversations, who looks at what stands out, and what may send to it.

-- The queue. Whoever may EXECUTE sees it and decides about flags, of their own team's conversations (the roster's row
-- filter says whose); whoever may MANAGE sees all teams, drift and settings; whoever may MODIFY sends live conversations.
GRANT EXECUTE ON APP quality TO supervisors;
GRANT EXECUTE ON APP quality TO clinicians;
GRANT MANAGE ON APP quality TO clinicians;

-- The software that volunteers chat in sends messages while a conversation goes on. It sends and reads nothing: it has
-- no other grant, and its purpose is there because a token needs one.
CREATE SERVICE PRINCIPAL chat_software;
GRANT MODIFY ON APP quality TO chat_software;
ALLOW PURPOSE quality_review TO chat_software;

-- What the owner of gold.message_labels and gold.conversation_flags reads. Text, because labels are read in it: these two
-- datasets alone, by functions that reach their own tables and nothing else of the home (docs/pipelines.md).
GRANT USE SCHEMA ON SCHEMA gold TO quality;
GRANT SELECT ON TABLE silver.messages TO quality;
GRANT SELECT (text) ON TABLE silver.messages TO quality;
GRANT SELECT ON TABLE gold.message_labels TO quality;
GRANT MODIFY ON TABLE gold.message_labels TO quality;
GRANT MODIFY ON TABLE gold.conversation_flags TO quality;

-- What a Python dataset writes counts as text until somebody says what it is. These columns hold words of fixed lists
-- (docs/labels.md), the labeller's version, and a rule's own sentence, in which no word of a conversation stands. Labels
-- are not harmless for that: whose conversation they belong to is decided by the row filters below.
SET TAG ON COLUMN gold.message_labels.author sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.phase sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.coarse_phase sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.acts sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.risk_attributes sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.abstained sensitivity = 'none';
SET TAG ON COLUMN gold.message_labels.labeller sensitivity = 'none';
-- The number of a conversation, which a function could have mixed up with that of a counselor: it did not.
SET TAG ON COLUMN gold.conversation_flags.conversation_id sensitivity = 'none';
SET TAG ON COLUMN gold.conversation_flags.rule sensitivity = 'none';
SET TAG ON COLUMN gold.conversation_flags.severity sensitivity = 'none';
SET TAG ON COLUMN gold.conversation_flags.why sensitivity = 'none';
SET TAG ON COLUMN gold.conversation_flags.labeller sensitivity = 'none';

-- Analysts read labels and flags of all conversations as they read the rest of gold: without a word of text.

-- Supervisors: their own team's, and those of conversations that nobody answered.
SET ROW FILTER ON TABLE gold.message_labels (
  conversation_id IN (
    SELECT c.conversation_id
    FROM silver.conversations c LEFT JOIN silver.volunteers v ON c.counselor_id = v.volunteer_id
    WHERE c.counselor_id IS NULL OR is_member('team_' || lower(v.team))
  )
) TO supervisors;
SET ROW FILTER ON TABLE gold.conversation_flags (
  conversation_id IN (
    SELECT c.conversation_id
    FROM silver.conversations c LEFT JOIN silver.volunteers v ON c.counselor_id = v.volunteer_id
    WHERE c.counselor_id IS NULL OR is_member('team_' || lower(v.team))
  )
) TO supervisors;

-- Clinicians say whether labels and rules are right, on all teams' flagged conversations and open samples. Of who wrote to
-- whom they need nothing.
GRANT USE SCHEMA ON SCHEMA silver TO clinicians;
GRANT SELECT ON TABLE gold.message_labels TO clinicians;
GRANT SELECT ON TABLE gold.conversation_flags TO clinicians;
GRANT SELECT ON TABLE silver.messages TO clinicians;
GRANT SELECT (text) ON TABLE silver.messages TO clinicians;
SET ROW FILTER ON TABLE silver.messages (
  conversation_id IN (SELECT f.conversation_id FROM gold.conversation_flags f)
  OR conversation_id IN (SELECT TRY_CAST(s.conversation AS BIGINT) FROM quality.samples s WHERE s.is_open)
) TO clinicians;

-- Volunteers see what was read in their own conversations, to learn from it: labels, no flags and no text.
GRANT SELECT ON TABLE gold.message_labels TO volunteers;
SET ROW FILTER ON TABLE gold.message_labels (
  conversation_id IN (
    SELECT c.conversation_id FROM silver.conversations c WHERE c.counselor_id IN (
      SELECT volunteer_id FROM bronze.volunteers
      GROUP BY volunteer_id HAVING lower(arg_max(email, updated_at)) = lower(current_principal())
    )
  )
) TO volunteers;

-- Quality as tables (schema quality): what became of flags, and what samples showed. Supervisors
-- read those of their own team, with the people's names; clinicians and analysts all, with hashes in place of people.
GRANT USE SCHEMA ON SCHEMA quality TO supervisors;
GRANT SELECT ON SCHEMA quality TO supervisors;
GRANT SELECT (counselor, decided_by) ON TABLE quality.flags TO supervisors;
GRANT SELECT (counselor, reviewer) ON TABLE quality.reviews TO supervisors;
GRANT SELECT (counselor, corrected_by, reviewed_by) ON TABLE quality.corrections TO supervisors;
GRANT SELECT (counselor, drawn_by, answered_by) ON TABLE quality.samples TO supervisors;
GRANT USE SCHEMA ON SCHEMA quality TO clinicians;
GRANT SELECT ON SCHEMA quality TO clinicians;
GRANT SELECT (counselor, decided_by) ON TABLE quality.flags TO clinicians;
GRANT SELECT (counselor, reviewer) ON TABLE quality.reviews TO clinicians;
GRANT SELECT (counselor, corrected_by, reviewed_by) ON TABLE quality.corrections TO clinicians;
GRANT SELECT (counselor, drawn_by, answered_by) ON TABLE quality.samples TO clinicians;
GRANT USE SCHEMA ON SCHEMA quality TO analysts;
GRANT SELECT ON SCHEMA quality TO analysts;
GRANT SELECT (counselor, decided_by) ON TABLE quality.flags TO analysts;
GRANT SELECT (counselor, reviewer) ON TABLE quality.reviews TO analysts;
GRANT SELECT (counselor, corrected_by, reviewed_by) ON TABLE quality.corrections TO analysts;
GRANT SELECT (counselor, drawn_by, answered_by) ON TABLE quality.samples TO analysts;
SET ROW FILTER ON TABLE quality.flags (
  counselor IS NULL OR counselor IN (
    SELECT CAST(v.volunteer_id AS VARCHAR) FROM silver.volunteers v WHERE is_member('team_' || lower(v.team))
  )
) TO supervisors;
SET ROW FILTER ON TABLE quality.reviews (
  counselor IS NULL OR counselor IN (
    SELECT CAST(v.volunteer_id AS VARCHAR) FROM silver.volunteers v WHERE is_member('team_' || lower(v.team))
  )
) TO supervisors;
SET ROW FILTER ON TABLE quality.corrections (
  counselor IS NULL OR counselor IN (
    SELECT CAST(v.volunteer_id AS VARCHAR) FROM silver.volunteers v WHERE is_member('team_' || lower(v.team))
  )
) TO supervisors;
SET ROW FILTER ON TABLE quality.samples (
  counselor IS NULL OR counselor IN (
    SELECT CAST(v.volunteer_id AS VARCHAR) FROM silver.volunteers v WHERE is_member('team_' || lower(v.team))
  )
) TO supervisors;

GRANT VIEW ON DASHBOARD flags TO supervisors;
GRANT VIEW ON DASHBOARD flags TO clinicians;
GRANT VIEW ON DASHBOARD flags TO analysts;
