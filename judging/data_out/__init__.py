"""Giving out what judges said."""
