"""The open, self-hosted data, training and quality platform of a text-based crisis line."""
