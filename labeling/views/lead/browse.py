"""The candidates of a project: a filtered list, page by page, and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.browse.few import FEW
from labeling.browse.find import Found, find_first, find_page
from labeling.browse.orders import ORDERS, Key, read_key, write_key
from labeling.browse.rows import list_columns, load_rows, read_table
from labeling.forms.browse import BrowseForm
from labeling.forms.many import ACTS
from labeling.views.lead.frame import render_lead, send_csv


@require_GET
@members_only("is_lead")
def candidates(request: MemberRequest) -> HttpResponse:
    """One page of the candidates that match the filter in the address."""
    form, aim = BrowseForm(request.GET, request.project), read_aim(request)
    if not form.is_valid():
        return render_lead(request, "candidates.html", "candidates", 422, form=form, is_filtered=True, aim=aim)
    wanted, order = form.wanted(), ORDERS[form.chosen_order]
    after, before = (read_key(order, request.GET.get(side, "")) for side in ("after", "before"))
    count = None
    if is_first := after is None and before is None:
        found, count = find_first(request.project, wanted, order)
    else:
        found = find_page(request.project, wanted, order, after=after, before=before)
    context: dict[str, Any] = {
        "form": form,
        "rows": [(row, form.batch_names.get(row.candidate.batch, "")) for row in load_rows(found.ids)],
        "found": found,
        "count": count,
        "few": FEW,
        "query": write_query(form),
        "aim": aim,
        "aim_query": write_query(form, **aim),
        "aim_name": name_aim(form, aim),
        "batch_names": form.batch_names,
        "is_filtered": bool(wanted.as_params()),
        "is_first": is_first,
        **link_pages(form, found, aim),
    }
    return render_lead(request, "candidates.html", "candidates", **context)


@require_GET
@members_only("is_lead")
def candidates_table(request: MemberRequest) -> HttpResponseBase:
    """Every candidate that matches as CSV, written while it is read; task by task, because nothing that changes meanwhile moves in that."""
    form = BrowseForm(request.GET, request.project)
    if not form.is_valid():
        return render_lead(request, "candidates.html", "candidates", 422, form=form, is_filtered=True)
    return send_csv(f"{request.project.slug}-candidates", list_columns(), read_table(request.project, form.wanted(), ORDERS["task"]))


def write_query(form: BrowseForm, **more: str) -> str:
    """The filter and order of a valid form as they stand in an address, without what does not matter."""
    order = {"order": form.chosen_order} if form.chosen_order != "change" else {}
    return urlencode({**form.wanted().as_params(), **order, **more})


def read_aim(request: MemberRequest) -> dict[str, str]:
    """What is to be done to the candidates once they are found, as the page of that asked for it; empty where it is nothing yet."""
    act, to = request.GET.get("act", ""), request.GET.get("to", "")
    if act not in dict(ACTS):
        return {}
    return {"act": act, "to": to} if act == "batch" and to.isdecimal() and len(to) < 6 else {"act": act}


def name_aim(form: BrowseForm, aim: Mapping[str, str]) -> str:
    """The act that is meant, with its batch."""
    act = str(dict(ACTS).get(aim.get("act", ""), ""))
    batch = form.batch_names.get(int(aim.get("to", "0")))
    return f"{act}: {batch}" if batch else act


def link_pages(form: BrowseForm, found: Found, aim: Mapping[str, str]) -> dict[str, str]:
    """The addresses of the pages beside this one, empty where there is none."""

    def link(side: str, key: Key | None) -> str:
        return f"?{write_query(form, **aim, **{side: write_key(key)})}" if key else ""

    return {"earlier": link("before", found.earlier), "later": link("after", found.later), "first": f"?{write_query(form, **aim)}"}
