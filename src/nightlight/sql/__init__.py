"""One way in for SQL: gate, extracts, worker, results (the only user of DuckDB)."""
