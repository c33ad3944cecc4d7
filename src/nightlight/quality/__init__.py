"""Flags, the supervisor's queue, reviews, corrections."""
