"""Annotation: two people label the same conversations without seeing each other's labels, a third decides."""
