"""Pages about tables: what is in them, where it comes from, who may read it, and asking for access."""
