"""Pages and API of quality work on real conversations."""
