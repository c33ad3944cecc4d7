"""Acts, phases, risk: rules, models, decoding, evaluation."""
