-- What the owners of datasets read and write when the pipeline runs. An owner needs USE SCHEMA and SELECT on whatever
-- its queries name, sensitive columns by name, and MODIFY where its datasets lie; `nightlight pipeline dry-run` says
-- which grant is missing. Give an owner what its datasets read, not what they might.

-- data_engineering: bronze into silver, and the numbers about deliveries and refusals.
GRANT USE SCHEMA ON SCHEMA bronze TO data_engineering;
GRANT USE SCHEMA ON SCHEMA silver TO data_engineering;
GRANT USE SCHEMA ON SCHEMA quarantine TO data_engineering;
GRANT SELECT ON TABLE bronze.messages TO data_engineering;
GRANT SELECT ON TABLE bronze.conversation_events TO data_engineering;
GRANT SELECT ON SCHEMA quarantine TO data_engineering;
GRANT SELECT ON SCHEMA silver TO data_engineering;
-- Contact details and names are replaced on the way from bronze.messages to silver.messages: this dataset alone reads
-- text as it was delivered.
GRANT SELECT (text) ON TABLE bronze.messages TO data_engineering;
GRANT SELECT (texter_key, counselor_id) ON TABLE bronze.conversation_events TO data_engineering;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversation_events TO data_engineering;
GRANT MODIFY ON SCHEMA silver TO data_engineering;
GRANT MODIFY ON TABLE gold.deliveries TO data_engineering;
GRANT MODIFY ON TABLE gold.rejected TO data_engineering;

-- partnerships: the partner's cases in our words.
GRANT USE SCHEMA ON SCHEMA bronze TO partnerships;
GRANT SELECT ON TABLE bronze.partner_conversations TO partnerships;
GRANT SELECT (volunteer_id) ON TABLE bronze.partner_conversations TO partnerships;
GRANT MODIFY ON TABLE silver.partner_conversations TO partnerships;

-- volunteer_coordination: the roster, and the measures of volunteers' work.
GRANT USE SCHEMA ON SCHEMA bronze TO volunteer_coordination;
GRANT USE SCHEMA ON SCHEMA silver TO volunteer_coordination;
GRANT USE SCHEMA ON SCHEMA gold TO volunteer_coordination;
GRANT SELECT ON TABLE bronze.volunteers TO volunteer_coordination;
GRANT SELECT ON TABLE bronze.shifts TO volunteer_coordination;
GRANT SELECT ON TABLE silver.conversations TO volunteer_coordination;
GRANT SELECT ON TABLE silver.partner_conversations TO volunteer_coordination;
GRANT SELECT ON TABLE silver.volunteers TO volunteer_coordination;
GRANT SELECT ON TABLE silver.shifts TO volunteer_coordination;
GRANT SELECT ON TABLE gold.counselor_activity TO volunteer_coordination;
GRANT SELECT (volunteer_id) ON TABLE bronze.volunteers TO volunteer_coordination;
GRANT SELECT (volunteer_id) ON TABLE bronze.shifts TO volunteer_coordination;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversations TO volunteer_coordination;
GRANT SELECT (counselor_id) ON TABLE silver.partner_conversations TO volunteer_coordination;
GRANT SELECT (volunteer_id) ON TABLE silver.volunteers TO volunteer_coordination;
GRANT SELECT (volunteer_id) ON TABLE silver.shifts TO volunteer_coordination;
GRANT SELECT (counselor_id) ON TABLE gold.counselor_activity TO volunteer_coordination;
GRANT MODIFY ON TABLE silver.volunteers TO volunteer_coordination;
GRANT MODIFY ON TABLE silver.shifts TO volunteer_coordination;
GRANT MODIFY ON TABLE gold.counselor_activity TO volunteer_coordination;
GRANT MODIFY ON TABLE gold.shifts_monthly TO volunteer_coordination;
GRANT MODIFY ON TABLE gold.retention TO volunteer_coordination;

-- program_health and quality: the line's measures, from its own conversations and the partner's.
GRANT USE SCHEMA ON SCHEMA silver TO program_health;
GRANT SELECT ON TABLE silver.conversations TO program_health;
GRANT SELECT ON TABLE silver.partner_conversations TO program_health;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversations TO program_health;
GRANT SELECT (counselor_id) ON TABLE silver.partner_conversations TO program_health;
GRANT MODIFY ON TABLE gold.volume_daily TO program_health;
GRANT MODIFY ON TABLE gold.volume_hourly TO program_health;
GRANT MODIFY ON TABLE gold.queue_wait TO program_health;
GRANT MODIFY ON TABLE gold.conversation_length TO program_health;

GRANT USE SCHEMA ON SCHEMA silver TO quality;
GRANT SELECT ON TABLE silver.conversations TO quality;
GRANT SELECT ON TABLE silver.partner_conversations TO quality;
GRANT SELECT (texter_key, counselor_id) ON TABLE silver.conversations TO quality;
GRANT SELECT (counselor_id) ON TABLE silver.partner_conversations TO quality;
GRANT MODIFY ON TABLE gold.response_latency TO quality;
GRANT MODIFY ON TABLE gold.risk_daily TO quality;
GRANT MODIFY ON TABLE gold.topics_monthly TO quality;
GRANT MODIFY ON TABLE gold.ratings_monthly TO quality;
