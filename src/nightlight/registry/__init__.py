"""Runs, model versions, aliases, gates, promotion, rollback (the only user of MLflow)."""
