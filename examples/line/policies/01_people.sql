-- Who there is at Harbour: groups by task, groups by team, and the owners of datasets.
-- People are added with `nightlight user add NAME --group G`: names do not belong in a file that travels.

CREATE GROUP volunteers;        -- trainees and counselors
CREATE GROUP supervisors;       -- each also in the group of their team
CREATE GROUP clinicians;
CREATE GROUP analysts;
CREATE GROUP data_scientists;
CREATE GROUP admins;
CREATE GROUP partner_lindenruf; -- the partner line's own people, who read about their own queue

-- A data scientist reads what an analyst reads, under the same masks.
ADD GROUP data_scientists TO GROUP analysts;

-- The teams of the roster. A row filter looks a person's team up here: 'team_' and the roster's word in lower case.
CREATE GROUP team_beacon;
CREATE GROUP team_jetty;
CREATE GROUP team_lantern;
CREATE GROUP team_mooring;
CREATE GROUP team_tide;
CREATE GROUP team_keepers;      -- staff who answer when no shift is on

-- Owners of datasets, named in the pipeline's files. They are service principals and not groups: nobody can be a
-- member of one, so nobody reads message text or names because the pipeline has to.
CREATE SERVICE PRINCIPAL data_engineering;
CREATE SERVICE PRINCIPAL program_health;
CREATE SERVICE PRINCIPAL quality;
CREATE SERVICE PRINCIPAL volunteer_coordination;
CREATE SERVICE PRINCIPAL partnerships;

-- Who is shown identifiers as they are and not as hashes: pipelines, whose joins need them, and supervisors, who have
-- to know which of their volunteers a row is about. (The keys of texters are hashed for supervisors too, see 03.)
CREATE GROUP identity_readers;
ADD GROUP supervisors TO GROUP identity_readers;
ADD USER data_engineering TO GROUP identity_readers;
ADD USER program_health TO GROUP identity_readers;
ADD USER quality TO GROUP identity_readers;
ADD USER volunteer_coordination TO GROUP identity_readers;
ADD USER partnerships TO GROUP identity_readers;
