"""The policies of the two worlds, with the roles of names in the places of names."""

PEOPLE = """
CREATE GROUP {supervisors};
CREATE GROUP {analysts};
CREATE GROUP {visitors};
CREATE GROUP team_harbour;
CREATE GROUP team_lantern;
CREATE PURPOSE {purpose} OF operations 'see how the line does';
CREATE PURPOSE unpopular OF research 'a purpose nobody has';
ALLOW PURPOSE {purpose} TO {supervisors};
ALLOW PURPOSE {purpose} TO {analysts};
ALLOW PURPOSE {purpose} TO {visitors};
ADD USER {supervisor} TO GROUP {supervisors};
ADD USER {supervisor} TO GROUP team_harbour;
ADD USER {colleague} TO GROUP {supervisors};
ADD USER {colleague} TO GROUP team_lantern;
ADD USER {analyst} TO GROUP {analysts};
ADD USER {stranger} TO GROUP {visitors};
GRANT USE SCHEMA ON SCHEMA {open_schema} TO {supervisors};
GRANT USE SCHEMA ON SCHEMA {open_schema} TO {analysts};
"""

LINE_POLICIES = (
    PEOPLE
    + """
-- sensitive columns, and what they look like
SET TAG ON COLUMN {open_schema}.{conversations}.{identity} sensitivity = 'identity';
SET TAG ON COLUMN {open_schema}.{conversations}.{notes} sensitivity = 'text';
SET TAG ON COLUMN {open_schema}.{messages}.{text} sensitivity = 'text';
SET TAG ON COLUMN {open_schema}.{volunteers}.{name} sensitivity = 'identity';
SET TAG ON COLUMN {open_schema}.{volunteers}.{email} sensitivity = 'identity';
SET TAG ON COLUMN {open_schema}.{volunteers}.{login} sensitivity = 'identity';
SET MASK ON TAG sensitivity = 'identity' hash TO {analysts};
SET MASK ON COLUMN {open_schema}.{conversations}.{born} year TO {analysts};
SET MASK ON COLUMN {open_schema}.{conversations}.{region} constant 'somewhere' TO {analysts};
SET MASK ON COLUMN {open_schema}.{conversations}.{place} redact TO {analysts};
SET MASK ON COLUMN {open_schema}.{conversations}.{score} null TO {analysts};
SET MASK ON COLUMN {open_schema}.{volunteers}.{joined} year TO {analysts};

GRANT SELECT ON TABLE {open_schema}.{conversations} TO {analysts};
GRANT SELECT ({identity}) ON TABLE {open_schema}.{conversations} TO {analysts};
DENY SELECT ({details}) ON TABLE {open_schema}.{conversations} TO {analysts};
DENY SELECT ({code}) ON TABLE {open_schema}.{conversations} TO {analysts};
GRANT SELECT ON TABLE {open_schema}.{messages} TO {analysts};
GRANT SELECT ON TABLE {open_schema}.{volunteers} TO {analysts};
GRANT SELECT ({name}) ON TABLE {open_schema}.{volunteers} TO {analysts};

GRANT SELECT ON TABLE {open_schema}.{conversations} TO {supervisors};
GRANT SELECT ({identity}, {notes}) ON TABLE {open_schema}.{conversations} TO {supervisors};
GRANT SELECT ON TABLE {open_schema}.{messages} TO {supervisors};
GRANT SELECT ({text}) ON TABLE {open_schema}.{messages} TO {supervisors};
GRANT SELECT ON TABLE {open_schema}.{volunteers} TO {supervisors};
GRANT SELECT ({name}, {email}, {login}) ON TABLE {open_schema}.{volunteers} TO {supervisors};

SET ROW FILTER ON TABLE {open_schema}.{conversations} ({risk} < 4) TO {analysts};
SET ROW FILTER ON TABLE {open_schema}.{conversations} (is_member('team_' || {team})) TO {supervisors};
SET ROW FILTER ON TABLE {open_schema}.{messages}
  ({conversation_id} IN (SELECT c.{conversation_id} FROM {open_schema}.{conversations} c WHERE c.{risk} < 4))
  TO {analysts};
SET ROW FILTER ON TABLE {open_schema}.{messages}
  ({conversation_id} IN (SELECT c.{conversation_id} FROM {open_schema}.{conversations} c
   WHERE is_member('team_' || c.{team})))
  TO {supervisors};
"""
)

RANDOM_POLICIES = (
    PEOPLE
    + """
-- identity by a tag on the column, masks on columns, grants by lists of columns
SET TAG ON COLUMN {open_schema}.{conversations}.{identity} sensitivity = 'identity';
SET TAG ON COLUMN {open_schema}.{messages}.{text} sensitivity = 'text';
SET MASK ON COLUMN {open_schema}.{conversations}.{identity} hash EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{conversations}.{born} year EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{conversations}.{region} constant 'somewhere' EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{conversations}.{place} redact EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{conversations}.{score} null EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{volunteers}.{name} hash EXCEPT {supervisors};
SET MASK ON COLUMN {open_schema}.{volunteers}.{joined} year EXCEPT {supervisors};

GRANT SELECT ON TABLE {open_schema}.{conversations} TO {analysts};
GRANT SELECT ({identity}) ON TABLE {open_schema}.{conversations} TO {analysts};
DENY SELECT ({notes}, {details}, {code}) ON TABLE {open_schema}.{conversations} TO {analysts};
GRANT SELECT ({message_id}, {conversation_id}, {sent_at}, {author}, {length}) ON TABLE {open_schema}.{messages}
  TO {analysts};
GRANT SELECT ON TABLE {open_schema}.{volunteers} TO {analysts};
DENY SELECT ({email}) ON TABLE {open_schema}.{volunteers} TO {analysts};
DENY SELECT ({login}) ON TABLE {open_schema}.{volunteers} TO {analysts};

GRANT SELECT ON SCHEMA {open_schema} TO {supervisors};
DENY SELECT ON TABLE {open_schema}.{incidents} TO {supervisors};
GRANT SELECT ({identity}) ON TABLE {open_schema}.{conversations} TO {supervisors};
GRANT SELECT ({text}) ON TABLE {open_schema}.{messages} TO {supervisors};

SET ROW FILTER ON TABLE {open_schema}.{conversations} ({risk} NOT IN (5, 6)) TO {analysts};
SET ROW FILTER ON TABLE {open_schema}.{conversations} ({region} IS NOT NULL) TO {analysts};
SET ROW FILTER ON TABLE {open_schema}.{conversations}
  ({team} = (SELECT v.{team} FROM {open_schema}.{volunteers} v WHERE v.{login} = current_principal()))
  TO {supervisors};
SET ROW FILTER ON TABLE {open_schema}.{messages}
  (NOT EXISTS (SELECT 1 FROM {open_schema}.{conversations} c
   WHERE c.{conversation_id} = {open_schema}.{messages}.{conversation_id}
   AND (c.{risk} IN (5, 6) OR c.{region} IS NULL)))
  TO {analysts};
SET ROW FILTER ON TABLE {open_schema}.{messages}
  ({conversation_id} IN (SELECT c.{conversation_id} FROM {open_schema}.{conversations} c
   WHERE c.{team} = (SELECT v.{team} FROM {open_schema}.{volunteers} v WHERE v.{login} = current_principal())))
  TO {supervisors};
"""
)
