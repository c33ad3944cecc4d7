"""Quality of real conversations: flags with evidence, the supervisors' queue, reviews, corrections, annotation."""
