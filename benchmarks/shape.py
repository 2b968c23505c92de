"""How large the projects of the benchmarks are: ServImageBench, delivered by 16 generators."""

GENERATORS = 16
# Deliverables per task: tasks, as in ServImageBench; 1,070 tasks and 2,046 deliverables.
QUANTITIES = {
    1: 825, 2: 47, 3: 46, 4: 44, 5: 27, 6: 25, 7: 16, 8: 19, 9: 4, 10: 5, 11: 4, 12: 2, 14: 1, 15: 1, 17: 1, 19: 1, 22: 1, 23: 1,
}  # fmt: skip
