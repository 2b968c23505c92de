"""Extractors: what a model is asked about the order of a task that came without rules or points. No Django inside."""
