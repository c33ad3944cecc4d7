"""Practice sessions of people: kept, resumed, assigned, measured; what of them becomes governed tables."""
