"""The forms of the pages of models."""
