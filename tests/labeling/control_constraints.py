"""One case for each constraint of what models suggest and of what keeps labels honest; see tests/labeling/protocol_constraints.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from tests.factories import make_candidate, make_image, make_project, make_user
from tests.labeling.protocol_constraints import FAIL, PASS, case
from tests.labeling.raw_rows import raw_concern, raw_draw, raw_gold, raw_suggestion, update
from tests.labeling.table_constraints import CASES, bounds

__all__ = ["CASES"]

CASES |= {
    "project_stop_points": partial(bounds, make_project, "stop_points", [None, 0, 100], [101]),
    "project_audit_shares": partial(bounds, make_project, "audit_share", [0, 100], [101]),
    "project_check_shares": partial(bounds, make_project, "gold_share", [0, 20], [21]),
}


@case("suggestion_one_per_version")
def versions() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: raw_suggestion(candidate)
    yield FAIL, lambda: raw_suggestion(candidate, 0.3)
    yield PASS, lambda: raw_suggestion(candidate, model_version="tiny-2")
    yield PASS, lambda: raw_suggestion(candidate, image_id=make_image().pk)


@case("suggestion_p_accept")
def probabilities() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: raw_suggestion(candidate, 0.0)
    yield PASS, lambda: raw_suggestion(candidate, 1.0, model_version="tiny-2")
    yield FAIL, lambda: raw_suggestion(candidate, -0.01, model_version="tiny-3")
    yield FAIL, lambda: raw_suggestion(candidate, 1.01, model_version="tiny-3")


@case("suggestion_model_version")
def names() -> Iterator[Any]:
    yield FAIL, lambda: raw_suggestion(make_candidate(), model_version="")
    yield PASS, lambda: raw_suggestion(make_candidate(), model_version="x")


@case("draw_one_per_round")
def draws() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: raw_draw(candidate)
    yield FAIL, lambda: raw_draw(candidate, assisted_seat=2)
    yield PASS, lambda: raw_draw(candidate, round=2)


@case("draw_policy")
def policies() -> Iterator[Any]:
    seatless = {"assisted_seat": None}
    yield FAIL, lambda: raw_draw(make_candidate(), policy="off", **seatless)
    yield PASS, lambda: raw_draw(make_candidate(), policy="all", **seatless)
    yield PASS, lambda: raw_draw(make_candidate(), policy="reveal", **seatless)


@case("draw_assisted_seat")
def seats() -> Iterator[Any]:
    yield FAIL, lambda: raw_draw(make_candidate(), assisted_seat=3)
    yield FAIL, lambda: raw_draw(make_candidate(), assisted_seat=None)
    yield FAIL, lambda: raw_draw(make_candidate(), is_control=True)
    yield FAIL, lambda: raw_draw(make_candidate(), policy="all")
    yield PASS, lambda: raw_draw(make_candidate(), assisted_seat=2)
    yield PASS, lambda: raw_draw(make_candidate(), is_control=True, assisted_seat=None)


@case("gold_one_per_task")
def gold_of_a_task() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: raw_gold(candidate, retired_at=timezone.now())
    yield PASS, lambda: raw_gold(candidate)
    yield FAIL, lambda: raw_gold(candidate)
    yield PASS, lambda: raw_gold(make_candidate(candidate.project))


@case("gold_verdict")
def gold_verdicts() -> Iterator[Any]:
    yield FAIL, lambda: raw_gold(make_candidate(), verdict="maybe")
    yield PASS, lambda: raw_gold(make_candidate(), verdict="reject")


@case("gold_source")
def gold_sources() -> Iterator[Any]:
    yield FAIL, lambda: raw_gold(make_candidate(), source="guessed")
    yield PASS, lambda: raw_gold(make_candidate(), source="imported")


@case("concern_one_open")
def open_concerns() -> Iterator[Any]:
    project, person, now = make_project(), make_user(), timezone.now()
    yield PASS, lambda: raw_concern(project, person, closed_at=now + timedelta(days=1), closed_by=person)
    yield PASS, lambda: raw_concern(project, person)
    yield FAIL, lambda: raw_concern(project, person)
    yield PASS, lambda: raw_concern(project, person, kind="gold")
    yield PASS, lambda: raw_concern(project, make_user())


@case("concern_reply")
def replies() -> Iterator[Any]:
    row, now = raw_concern(make_project(), make_user()), timezone.now()
    yield FAIL, partial(update, row, replied_at=now)
    yield FAIL, partial(update, row, reply="I was tired.")
    yield PASS, partial(update, row, reply="I was tired.", replied_at=now)


@case("concern_closed")
def closings() -> Iterator[Any]:
    row, lead = raw_concern(make_project(), make_user()), make_user()
    yield FAIL, partial(update, row, closed_by=lead)
    yield FAIL, partial(update, row, closing="Fine.")
    yield FAIL, partial(update, row, closed_at=row.raised_at - timedelta(seconds=1))
    yield PASS, partial(update, row, closed_at=timezone.now(), closed_by=lead, closing="Fine.")
