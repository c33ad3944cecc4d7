-- What is sensitive beyond what sources/*.toml declare, and what stands in its place. Tags are set where a column
-- enters, in bronze; they travel along the lineage to whatever is derived, also by datasets nobody has written yet.

-- The number of a volunteer names a person, as far as the line's own people are concerned.
SET TAG ON COLUMN bronze.conversation_events.counselor_id sensitivity = 'identity';
SET TAG ON COLUMN bronze.partner_conversations.volunteer_id sensitivity = 'identity';
SET TAG ON COLUMN bronze.volunteers.volunteer_id sensitivity = 'identity';
SET TAG ON COLUMN bronze.shifts.volunteer_id sensitivity = 'identity';

-- How many different volunteers there were names nobody, though it is counted from their numbers; nor does whether a
-- volunteer answered at all.
SET TAG ON COLUMN gold.retention.active sensitivity = 'none';
SET TAG ON COLUMN gold.shifts_monthly.volunteers sensitivity = 'none';
SET TAG ON COLUMN silver.partner_conversations.outcome sensitivity = 'none';

-- Identifiers are shown as hashes: the same person has the same hash in every table, so that counting and joining
-- work, and the key to the hashes never leaves the home.
SET MASK ON TAG sensitivity = 'identity' hash EXCEPT identity_readers;

-- A texter's key is hashed for supervisors too: they follow a conversation, not a phone.
SET MASK ON COLUMN silver.conversations.texter_key hash TO supervisors;

-- With the day somebody joined, a volunteer is found in any list of names. The year is enough to compare cohorts;
-- gold.retention has them by month, counted.
SET MASK ON COLUMN silver.volunteers.joined_on year TO analysts;
SET MASK ON COLUMN silver.volunteers.left_on year TO analysts;
SET MASK ON COLUMN silver.volunteers.cohort year TO analysts;
