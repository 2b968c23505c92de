"""A lookup for many row ids at once: `candidate__among=ids` is `candidate__in=ids` with one parameter instead of hundreds.

Django makes, checks and adapts a placeholder for every id of `in`, which takes longer than the database takes to find the rows.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigAutoField, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler


class Among(Lookup):  # type: ignore[type-arg]  # generic in the stubs alone
    """Whether a column of row ids has one of those given; an empty list finds nothing."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[int]:
        """The ids."""
        return list(self.rhs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """An array of PostgreSQL; where there is none, a list in JSON, whose length no database limits either."""
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s::bigint[])", [*parameters, self.rhs]
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, json.dumps(self.rhs)]


def register_among() -> None:
    """Let querysets use the lookup on row ids and on what points at them."""
    for kind in (ForeignKey, BigAutoField):
        kind.register_lookup(Among)
