"""Reading tasks, candidates and labels that come from outside; the readers are pure, the loaders write rows."""
