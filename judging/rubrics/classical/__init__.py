"""Image measures without a model, mapped to the concepts they can speak for: a baseline of formulas, never a VLM."""
