"""The SQL console: running questions, their answers as tables, charts and files."""
