-- What reading may be for. Every query names a purpose; it is checked, and kept in the audit. There is no commercial
-- kind of purpose, and the vocabulary has no word to make one.

CREATE PURPOSE improve_service OF operations 'Keep the line reachable: waits, volume, staffing';
ALLOW PURPOSE improve_service TO analysts;

CREATE PURPOSE service_research OF research 'Find out what helps, from figures and pseudonymous rows';
ALLOW PURPOSE service_research TO analysts;

CREATE PURPOSE quality_review OF quality 'Look at how conversations went, and at their measures';
ALLOW PURPOSE quality_review TO supervisors;
ALLOW PURPOSE quality_review TO clinicians;

CREATE PURPOSE continuity_of_care OF care 'Follow up a conversation in which somebody was at risk';
ALLOW PURPOSE continuity_of_care TO supervisors;

-- Volunteers look back at their own work; whoever teaches them looks at the line's measures. No analyst and no data
-- scientist reads for training: nothing is trained on what texters wrote.
CREATE PURPOSE volunteer_training OF training 'Help volunteers to grow';
ALLOW PURPOSE volunteer_training TO volunteers;
ALLOW PURPOSE volunteer_training TO supervisors;
ALLOW PURPOSE volunteer_training TO clinicians;

CREATE PURPOSE partner_reporting OF operations 'Tell the partner how their night queue is answered';
ALLOW PURPOSE partner_reporting TO partner_lindenruf;

CREATE PURPOSE platform_care OF operations 'Keep ingestion, pipelines and access in order';
ALLOW PURPOSE platform_care TO admins;
