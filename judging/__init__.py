"""Judges: rubrics, prompts and parsers, backends, judge runs, judge quality."""
