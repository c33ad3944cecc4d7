"""Declarative pipelines: definitions, graph, plan, expectations, update."""
