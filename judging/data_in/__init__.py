"""Bringing in what judges elsewhere said."""
