"""What a refresh costs: arms that do the same work in different ways, each in a process of its own.

`nightlight bench` runs them; docs/benchmarks.md says what each ratio means. Nothing here is part of the product."""
