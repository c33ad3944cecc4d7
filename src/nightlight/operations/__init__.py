"""Care of a home across layers: demo, doctor, scheduler, backup, erasure, benchmarks."""
