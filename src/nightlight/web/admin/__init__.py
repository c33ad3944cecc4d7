"""Pages for administrators: people, access, sources, audit, backup."""
