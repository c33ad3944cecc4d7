"""Principals, securables, privileges, purposes, tags, masks, filters, lineage (its only store), audit."""
