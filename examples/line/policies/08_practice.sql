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
