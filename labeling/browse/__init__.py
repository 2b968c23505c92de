"""Finding candidates by what is known of them, in pages that stay fast at any size, and doing the same to many of them.

No statement in here reads more than a bounded number of rows (tests/labeling/test_browse_plans.py): where a condition is met by few
candidates they are listed by an index, else the project's order is walked piece by piece and each piece is filtered.
"""
