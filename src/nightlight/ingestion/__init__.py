"""Sources, cursors, loads, quarantine: what is new arrives exactly once."""
