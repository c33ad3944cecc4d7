"""Practice: session, state, plan, wording, checks, feedback, rubric."""
