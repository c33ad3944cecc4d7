"""The open, self-hosted data, training and quality platform of a text-based crisis line."""

from nightlight.client import connect

__all__ = ["connect"]
