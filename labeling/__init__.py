"""Projects, tasks, candidates, the labelling protocol, agreement, settlement, import and export."""
