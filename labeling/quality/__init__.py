"""How good the labels are: agreement between the people who made them, measured by a job and kept as a report."""
