-- Trained models. Whoever may EXECUTE trains, registers and evaluates versions; whoever may MANAGE as well promotes what
-- others have trained, and takes a model back. Data scientists train; a clinician or another data scientist lets it in.
GRANT EXECUTE ON MODEL labeller TO data_scientists;
GRANT EXECUTE ON MODEL pocket TO data_scientists;
GRANT EXECUTE ON MODEL llama TO data_scientists;
GRANT MANAGE ON MODEL labeller TO data_scientists;
GRANT MANAGE ON MODEL pocket TO data_scientists;
GRANT MANAGE ON MODEL llama TO data_scientists;
GRANT EXECUTE ON MODEL labeller TO clinicians;
GRANT EXECUTE ON MODEL pocket TO clinicians;
GRANT EXECUTE ON MODEL llama TO clinicians;
GRANT MANAGE ON MODEL labeller TO clinicians;
GRANT MANAGE ON MODEL pocket TO clinicians;
GRANT MANAGE ON MODEL llama TO clinicians;
