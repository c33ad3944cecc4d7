"""Delta tables: schema, commit, read, history, maintenance (the only user of deltalake)."""
