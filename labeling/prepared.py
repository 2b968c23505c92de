"""Queries and writes whose SQL is put together once.

Django puts the text of a statement together whenever it runs, and for the short ones that come with every answer that takes several
times as long as the database needs for them. A prepared query is written like any other, and filled with values when it is asked.
Only what a trip (tests/labeling/test_trip.py) or every bundle of an import asks and writes is worth it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, QuerySet

R = TypeVar("R")
# A value that the database works out while it writes: SQL, and the parameters in it.
Expression = tuple[str, list[Any]]

# Stand in for values while the text is made; small, because Django drops a condition that no value of its column could meet.
MARKERS: dict[type, Callable[[int], Any]] = {
    int: lambda number: 32_000 + number,
    str: lambda number: f"prepared value {number}",
    UUID: lambda number: UUID(int=(0xA11CE << 64) + number),
    datetime: lambda number: datetime(1999, 12, 31, 23, 59, number, tzinfo=UTC),
}


@dataclass(frozen=True)
class Text:
    """The text of a query: what Django's compiler knows of it, and for each parameter its value or the name of it."""

    iterable: Any
    compiler: Any
    sql: str
    parameters: list[tuple[str | None, Any]]


class Prepared(Generic[R]):
    """Rows, or the values of a flat `values_list`, of the queryset that `build` makes of its keyword values.

    Values are int, str, UUID or datetime and never None. The form of the query must not depend on one: no `if`, list or slice by it.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, R]]) -> None:
        self.build = build
        self.text: Text | None = None

    def all(self, **values: Any) -> list[R]:
        """All rows, in the order of the queryset."""
        connection = connections[DEFAULT_DB_ALIAS]
        text = self.text = self.text or prepare(self.build, values, connection)
        bound = copy.copy(text.compiler)
        parameters = tuple(value if name is None else adapt(values[name], connection) for name, value in text.parameters)
        bound.connection, bound.execute_sql = connection, lambda *_args, **_kwargs: [fetch_rows(text.sql, parameters)]
        return list(text.iterable(Asked(bound)))

    def first(self, **values: Any) -> R | None:
        """The first row; the queryset should be cut off behind it. None if there is none."""
        return next(iter(self.all(**values)), None)


class Asked:
    """What Django's iteration over rows asks of a queryset, with a compiler whose text is made already."""

    db = DEFAULT_DB_ALIAS
    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler
        self.query = self

    def get_compiler(self, using: str) -> Any:
        """The compiler."""
        return self.compiler


def prepare(build: Callable[..., QuerySet[Any, R]], values: dict[str, Any], connection: BaseDatabaseWrapper) -> Text:
    """The text of the query, made with markers of the types of `values`. Raises ValueError if it has no place for one of them."""
    markers = {name: MARKERS[type(value)](number) for number, (name, value) in enumerate(values.items())}
    queryset = build(**markers)
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    names = {adapt(marker, connection): name for name, marker in markers.items()}
    found = [(names.get(parameter), parameter) for parameter in parameters]
    if missing := markers.keys() - {name for name, _parameter in found}:
        raise ValueError(f"the prepared query has no place for {sorted(missing)}: {sql}")
    return Text(queryset._iterable_class, compiler, sql, found)


def adapt(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """`value` as the database takes it."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def fetch_rows(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """What a statement finds or returns; its text must be one of a few."""
    with open_cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def open_cursor() -> Any:
    """A cursor for statements whose text comes again and again: PostgreSQL keeps their plans, as DATABASES allows it."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return connection.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    # As Django does it for all statements where `server_side_binding` is set.
    return connection._prepare_cursor(ServerBindingCursor(connection.connection))  # type: ignore[call-arg]  # the stubs know no psycopg


def insert_row(row: Model, **asked: Expression) -> None:
    """Write the new `row` and give it its id, and what the database has worked out for the columns `asked` for."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = [asked.get(field.attname) or ("%s", [prepare_value(row, field)]) for field in fields]
    names, sql = ", ".join(quote(field.column) for field in fields), ", ".join(sql for sql, _parameters in values)
    worked_out = [field for field in fields if field.attname in asked]
    returned = ", ".join(["id", *(quote(field.column) for field in worked_out)])
    statement = f"INSERT INTO {quote(row._meta.db_table)} ({names}) VALUES ({sql}) RETURNING {returned}"
    [(row.pk, *found)] = fetch_rows(statement, [parameter for _sql, parameters in values for parameter in parameters])
    for field, value in zip(worked_out, found, strict=True):
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def update_row(row: Model, names: Sequence[str]) -> None:
    """Write the fields `names` of `row`, which is there."""
    fields = [find_column(row, name) for name in names]
    sql = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    with open_cursor() as cursor:
        parameters = [*(prepare_value(row, field) for field in fields), row.pk]
        cursor.execute(f"UPDATE {quote(row._meta.db_table)} SET {sql} WHERE id = %s", parameters)


def prepare_value(row: Model, field: Field[Any, Any]) -> Any:
    """The value of one field of `row` as the database takes it."""
    return field.get_db_prep_save(getattr(row, field.attname), connections[DEFAULT_DB_ALIAS])


def find_column(row: Model, name: str) -> Field[Any, Any]:
    """The field of that name that is a column of the table of `row`; ValueError if it is none."""
    field = row._meta.get_field(name)
    if not isinstance(field, Field):
        raise ValueError(f"{name} is no column of {row._meta.db_table}")
    return field


def quote(name: str | None) -> str:
    """A name of a table or column; none of ours has a quote in it."""
    return f'"{name}"'
