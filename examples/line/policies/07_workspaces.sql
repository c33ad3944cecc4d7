-- Notebook workspaces: rooms that several people share. A workspace asks as its own service principal, so whoever may
-- come in works with what that may read, whatever else they may read themselves: give a workspace the least that any
-- of its people has. It is made with `nightlight workspace add analysis --principal workspace_analysis --purpose ..`.

-- analysis reads what analysts read, under the same masks, and for research alone.
CREATE SERVICE PRINCIPAL workspace_analysis;
ADD USER workspace_analysis TO GROUP analysts;
GRANT EXECUTE ON WORKSPACE analysis TO analysts;

-- What is written in notebooks runs nowhere by itself. A definition saved there is read by somebody else who may change
-- the schema it writes to: data scientists do that for one another, in a schema of its own. It runs as the workspace,
-- on what that may read whole; what has proved itself moves to gold, with an owner from there.
GRANT MODIFY ON SCHEMA lab TO workspace_analysis;
GRANT MODIFY ON SCHEMA lab TO data_scientists;
GRANT USE SCHEMA ON SCHEMA lab TO analysts;
GRANT SELECT ON SCHEMA lab TO analysts;
