"""Backends: how a question reaches a model. No Django inside."""
