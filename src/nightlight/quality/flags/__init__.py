"""Flags: small declared rules over labels and times that say which conversations need a person, and why.

A flag ends no conversation and scores nobody; where labels are missing it abstains."""
