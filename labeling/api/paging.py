"""Pages by cursor: the cursor says after which row to go on, so that no page gets slower and none repeats a row."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from labeling.api.errors import Invalid
from labeling.api.form_input import check_types
from labeling.api.shapes import Shape

PAGE_SIZE, LARGEST_PAGE = 50, 200
Row = TypeVar("Row", bound=Model)


class PageQuery(Shape):
    """Which page, and how large."""

    cursor = serializers.CharField(required=False, max_length=200, help_text="From `next` of the page before; without it the first page.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE)


@cache
def page_of(shape: type[Shape]) -> Any:
    """The shape of a page of `shape`, for the schema."""
    link = serializers.CharField(allow_null=True, help_text="Address of the next page; null on the last one.")
    return inline_serializer(f"PageOf{shape.__name__.removesuffix('Shape')}", {"results": shape(many=True), "next": link})


def write_page(request: Request, rows: QuerySet[Row], shape: type[Shape], *, newest_first: bool = False) -> dict[str, Any]:
    """The page of `rows` that the address asks for, by primary key, and the address of the next one (None on the last)."""
    found, link = read_page(request, rows, newest_first=newest_first)
    return {"results": shape.write_all(found), "next": link}


def read_page(request: Request, rows: QuerySet[Row], *, newest_first: bool = False) -> tuple[list[Row], str | None]:
    """The rows of the page, and the address of the next one."""
    asked = check_types(PageQuery, request.query_params)
    if "cursor" in asked:
        rows = rows.filter(**{"pk__lt" if newest_first else "pk__gt": decode(asked["cursor"])})
    found = list(rows.order_by("-pk" if newest_first else "pk")[: asked["limit"] + 1])
    page = found[: asked["limit"]]
    is_last = len(found) == len(page)
    return page, None if is_last else link_on(request, page[-1].pk)


def link_on(request: Request, place: object) -> str:
    """The address of the page that begins after `place`."""
    return replace_query_param(request.get_full_path(), "cursor", encode(place))


def encode(place: object) -> str:
    """A primary key, or another place in a list, as a cursor: nothing to calculate with."""
    return base64.urlsafe_b64encode(f"after {place}".encode()).decode().rstrip("=")


def decode(cursor: str) -> int:
    """The primary key in a cursor; raises Invalid for anything that `encode` did not make of one."""
    place = read_place(cursor)
    if not place.isdecimal() or not place.isascii() or not int(place[:20]) < 2**63:
        raise no_cursor()
    return int(place)


def read_place(cursor: str) -> str:
    """The place in a cursor as text; raises Invalid for anything that `encode` did not make."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise no_cursor() from None
    word, _blank, place = text.partition(" ")
    if word != "after":
        raise no_cursor()
    return place


def no_cursor() -> Invalid:
    """The refusal of what is no cursor, or that of another list."""
    return Invalid({"cursor": [_("This is no cursor of this list.")]}, code="bad_cursor")
