"""Rubrics: what a judge is asked about, how replies are read, and how scores are made of them. No Django inside."""
