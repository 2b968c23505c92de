"""A lookup for many row ids at once: `candidate__among=Ids(ids)` is `candidate__in=ids` with one parameter instead of hundreds.

Django makes, checks and adapts a placeholder for every id of `in`, which takes longer than the database takes to find the rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigAutoField, ForeignKey, Lookup
from django.db.models.sql.compiler import SQLCompiler


class Ids:
    """Row ids as one value; Django would look at each item of a list."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.text = ",".join(map(str, ids))


class Among(Lookup):
    """Whether a column of row ids has one of those given; without any it finds nothing."""

    lookup_name = "among"
    rhs: Ids

    def get_prep_lookup(self) -> Ids:
        """The ids as they are."""
        return self.rhs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """An array of PostgreSQL; elsewhere a list in JSON, whose length no database limits either."""
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s::bigint[])", (*parameters, f"{{{self.rhs.text}}}")
        return f"{column} IN (SELECT value FROM json_each(%s))", (*parameters, f"[{self.rhs.text}]")


def register_among() -> None:
    """Let querysets use the lookup on row ids and on what points at them."""
    for kind in (ForeignKey, BigAutoField):
        kind.register_lookup(Among)
