-- Who opens which dashboard. Opening shows nothing by itself: every chart asks as the person who looks, so grants, masks
-- and row filters hold, and the partner's program_health is about the partner's rows.

GRANT VIEW ON DASHBOARD program_health TO analysts;
GRANT VIEW ON DASHBOARD queue_now TO analysts;
GRANT VIEW ON DASHBOARD quality TO analysts;
GRANT VIEW ON DASHBOARD training TO analysts;
GRANT VIEW ON DASHBOARD volunteers TO analysts;
GRANT VIEW ON DASHBOARD data_trust TO analysts;

GRANT VIEW ON DASHBOARD program_health TO supervisors;
GRANT VIEW ON DASHBOARD queue_now TO supervisors;
GRANT VIEW ON DASHBOARD quality TO supervisors;
GRANT VIEW ON DASHBOARD training TO supervisors;
GRANT VIEW ON DASHBOARD volunteers TO supervisors;

GRANT VIEW ON DASHBOARD quality TO clinicians;
GRANT VIEW ON DASHBOARD training TO volunteers;
GRANT VIEW ON DASHBOARD program_health TO partner_lindenruf;
GRANT VIEW ON DASHBOARD data_trust TO admins;

-- The queue is everybody's who is on shift: that somebody came, was accepted or left, and when. Who it was, by whom they
-- were answered, how serious it was and about what stays with the conversations of one's own team.
GRANT SELECT (conversation_id, event, at, outcome) ON TABLE silver.conversation_events TO supervisors;

-- What was delivered and what was refused, in numbers of rows, is part of seeing that the platform runs.
GRANT USE SCHEMA ON SCHEMA gold TO admins;
GRANT SELECT ON TABLE gold.deliveries TO admins;
GRANT SELECT ON TABLE gold.rejected TO admins;
