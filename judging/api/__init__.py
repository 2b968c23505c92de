"""Judges, runs and scores for programs; every address is one of the API of labeling/api/."""
