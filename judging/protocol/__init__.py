"""Every change of state of a judge run: one transaction, lock the run, check, write, return. Nothing else writes one."""
