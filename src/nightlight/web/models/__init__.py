"""Pages of models: which one speaks, why it was let in, how to let another in and how to take one back."""
