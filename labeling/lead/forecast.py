"""When a project will be finished, and what limits that. Numbers in, a forecast with its assumptions out; no database.

People work on some days and not on others, so rates are those of working days: days before today on which an answer came in.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.lead.throughput import DayCount

WORKING_DAYS = 10
LEAST_DAYS, LEAST_COMPARED = 3, 10
FARTHEST_DAYS = 3650
# Student's t for a two-sided 90 % interval, by degrees of freedom.
T90 = {2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860, 9: 1.833}


class Limit(TextChoices):
    """What keeps a project from being finished sooner."""

    PEOPLE = "people", gettext_lazy("too few people")
    PAUSED = "paused", gettext_lazy("the pause")
    ANNOTATORS = "annotators", gettext_lazy("primary answers: more annotators, or more of their time, would end it sooner")
    ADJUDICATORS = "adjudicators", gettext_lazy("adjudications: more adjudicators, or more of their time, would end it sooner")
    WINDOWS = "windows", gettext_lazy("undo windows that are still open")
    CLOSED = "closed", gettext_lazy("closed batches: nobody is given anything of them")
    HELD = "held", gettext_lazy("held candidates: they wait for you")
    NOTHING = "", ""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is left to do in a project.

    `primaries` are the answers that the `open` candidates still need. `disputes` wait for an adjudicator or are with one, `windows` until
    both undo windows have closed, the last at `windows_until`. `checks` are settled candidates that adjudicators are to look at once more:
    finished, but they take their time. `closed` are unfinished candidates of closed batches, which are in no other
    number but these: of `compared` candidates with two answers `differed` got different ones. `lacking` are those that cannot be finished
    because people are too few there, in no other number either. `shortages` says where people are too few, `is_stopped` that this holds for
    all candidates.
    """

    primaries: int = 0
    open: int = 0
    disputes: int = 0
    windows: int = 0
    windows_until: datetime | None = None
    held: int = 0
    checks: int = 0
    compared: int = 0
    differed: int = 0
    closed: int = 0
    lacking: int = 0
    is_stopped: bool = False
    is_paused: bool = False
    is_archived: bool = False
    shortages: Sequence[str] = ()

    @property
    def expected(self) -> float:
        """Disputes to expect among the open candidates at the share so far."""
        return self.open * self.differed / self.compared if self.compared else 0.0

    @property
    def adjudications(self) -> float:
        """Adjudications still needed, expected ones and audits included."""
        return self.waiting + self.windows + self.expected

    @property
    def waiting(self) -> int:
        """What adjudicators have in front of them, disputes or not."""
        return self.disputes + self.checks


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Answers per working day: the mean over `days` of them, with the ends of its 90 % interval."""

    mean: float
    low: float
    high: float
    days: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A day with the earliest and latest one (None: too uncertain to name), or the `reason` why there is none.

    `is_done` says that nothing is left. Nothing of it is to be shown without `assumptions`, and without what it `leaves_out`: how many
    candidates people are too few for, and where.
    """

    limit: Limit = Limit.NOTHING
    day: date | None = None
    earliest: date | None = None
    latest: date | None = None
    reason: str = ""
    is_done: bool = False
    assumptions: list[str] = field(default_factory=list)
    leaves_out: list[str] = field(default_factory=list)


def forecast(work: Workload, days: Sequence[DayCount]) -> Forecast:
    """When the project ends; `days` are consecutive, oldest first, and the last one is today, which does not count yet."""
    found = forecast_possible(work, days)
    return replace(found, leaves_out=list_lacking(work)) if work.lacking and found.assumptions else found


def forecast_possible(work: Workload, days: Sequence[DayCount]) -> Forecast:
    """When that ends for which people are enough."""
    if not work.primaries and not work.disputes:
        return forecast_rest(work, days[-1].day)
    if work.is_stopped:
        return Forecast(limit=Limit.PEOPLE, reason=" ".join(work.shortages))
    if work.is_archived:
        return Forecast(reason=_("The project is archived, so nobody is given anything new."))
    if work.is_paused:
        return Forecast(limit=Limit.PAUSED, reason=_("The project is paused, so nobody is given anything new."))
    worked = [day for day in days[:-1] if day.answers][-WORKING_DAYS:]
    if (reason := find_gap(work, worked)) is not None:
        return Forecast(reason=reason)
    return forecast_days(work, worked, days[-1].day)


def forecast_rest(work: Workload, today: date) -> Forecast:
    """The forecast where no answer is needed any more."""
    if work.windows and work.windows_until is not None:
        text = ngettext(
            "All answers are in. %(count)d dispute waits until its undo windows close; after that it still has to be adjudicated.",
            "All answers are in. %(count)d disputes wait until their undo windows close; after that they still have to be adjudicated.",
            work.windows,
        )
        # Not a day on which it ends: nobody can adjudicate before, and perhaps somebody takes an answer back.
        day = max(today, timezone.localdate(work.windows_until))
        return Forecast(limit=Limit.WINDOWS, earliest=day, assumptions=[text % {"count": work.windows}])
    if work.lacking:
        return Forecast(limit=Limit.PEOPLE, reason=" ".join(work.shortages))
    if work.closed:
        text = ngettext(
            "%(count)d candidate is left in closed batches, so nobody is given it.",
            "%(count)d candidates are left in closed batches, so nobody is given them.",
            work.closed,
        )
        return Forecast(limit=Limit.CLOSED, reason=text % {"count": work.closed})
    if work.held:
        text = ngettext("%(count)d held candidate is all that is left.", "%(count)d held candidates are all that is left.", work.held)
        return Forecast(limit=Limit.HELD, reason=text % {"count": work.held})
    return Forecast(is_done=True)


def find_gap(work: Workload, worked: Sequence[DayCount]) -> str | None:
    """Why there is not enough to say; None where there is."""
    if len(worked) < LEAST_DAYS:
        text = ngettext(
            "Not enough to say yet: people have worked on %(count)d day before today; %(least)d are needed to know a rate.",
            "Not enough to say yet: people have worked on %(count)d days before today; %(least)d are needed to know a rate.",
            len(worked),
        )
        return text % {"count": len(worked), "least": LEAST_DAYS}
    if work.primaries and not sum(day.primary for day in worked):
        return _("Not enough to say: nobody labelled on the last working days.")
    if work.open and work.compared < LEAST_COMPARED:
        text = _("Not enough to say yet: %(count)d candidates have two answers; %(least)d are needed to know how many end in a dispute.")
        return text % {"count": work.compared, "least": LEAST_COMPARED}
    if work.disputes and not sum(day.adjudications for day in worked):
        text = ngettext(
            "Not enough to say: %(count)d dispute waits, and nobody adjudicated on the last working days.",
            "Not enough to say: %(count)d disputes wait, and nobody adjudicated on the last working days.",
            work.disputes,
        )
        return text % {"count": work.disputes}
    return None


def measure_pace(counts: Sequence[int]) -> Pace:
    """The pace of at least three working days."""
    mean, half = statistics.fmean(counts), T90[len(counts) - 1] * statistics.stdev(counts) / math.sqrt(len(counts))
    return Pace(mean=mean, low=max(0.0, mean - half), high=mean + half, days=len(counts))


def forecast_days(work: Workload, worked: Sequence[DayCount], today: date) -> Forecast:
    """The forecast from the pace of the last working days."""
    primary = measure_pace([day.primary for day in worked])
    adjudication = measure_pace([day.adjudications for day in worked])
    span = (today - worked[0].day).days
    likely = needed(work, primary.mean, adjudication.mean)
    early, late = needed(work, primary.high, adjudication.high), needed(work, primary.low, adjudication.low)
    per_day = span / len(worked)
    return Forecast(
        limit=Limit.ADJUDICATORS if likely.adjudication > likely.primary else Limit.ANNOTATORS,
        day=day_after(today, likely.most * per_day),
        earliest=day_after(today, early.most * per_day),
        latest=day_after(today, late.most * per_day),
        reason="" if math.isfinite(late.most) else _("The rate varies too much from day to day to name a latest day."),
        assumptions=list_assumptions(work, primary, adjudication, span),
    )


@dataclass(frozen=True, kw_only=True)
class Needed:
    """Working days that primary answers and adjudications take, side by side."""

    primary: float
    adjudication: float

    @property
    def most(self) -> float:
        """Until both are done."""
        return max(self.primary, self.adjudication)


def needed(work: Workload, primary: float, adjudication: float) -> Needed:
    """Working days needed at these rates per day; infinite where a rate of zero has something to do.

    Adjudicators who have less than a day's disputes in front of them keep up: their rate is that at which disputes come, and says nothing
    about how many they could do.
    """
    answering = divide(work.primaries, primary)
    keeps_up = work.waiting <= adjudication
    return Needed(primary=answering, adjudication=divide(work.waiting if keeps_up else work.adjudications, adjudication))


def divide(amount: float, rate: float) -> float:
    """Days that `amount` takes at `rate` per day; none for nothing."""
    if not amount:
        return 0.0
    return amount / rate if rate else math.inf


def day_after(today: date, days: float) -> date | None:
    """The day by which that many calendar days are over; None beyond ten years. Today is left out, for part of it is over."""
    return today + timedelta(days=math.ceil(days - 1e-9)) if days <= FARTHEST_DAYS else None


def list_assumptions(work: Workload, primary: Pace, adjudication: Pace, span: int) -> list[str]:
    """What the forecast takes for granted, as sentences."""
    sentences = [
        _("%(count)d primary answers are still needed; people gave %(rate).1f per working day (90 %% interval %(low).1f to %(high).1f).")
        % {"count": work.primaries, "rate": primary.mean, "low": primary.low, "high": primary.high},
        _("People go on working on %(days)d of %(span)d days, as they did last.") % {"days": primary.days, "span": span},
    ]
    if work.compared:
        text = _("%(share).1f %% of the candidates with two answers were disputed (%(differed)d of %(compared)d); it stays so.")
        share = {"share": 100 * work.differed / work.compared, "differed": work.differed, "compared": work.compared}
        sentences.append(text % share)
    if work.adjudications:
        text = _("About %(count)d adjudications are needed, expected ones included; people gave %(rate).1f per working day.")
        sentences.append(text % {"count": math.ceil(work.adjudications), "rate": adjudication.mean})
    if work.checks:
        text = ngettext(
            "%(count)d of them is of a settled candidate that is looked at once more.",
            "%(count)d of them are of settled candidates that are looked at once more.",
            work.checks,
        )
        sentences.append(text % {"count": work.checks})
    if work.closed:
        text = ngettext(
            "%(count)d candidate of closed batches is left out.", "%(count)d candidates of closed batches are left out.", work.closed
        )
        sentences.append(text % {"count": work.closed})
    if work.held:
        text = ngettext("%(count)d held candidate is left out.", "%(count)d held candidates are left out.", work.held)
        sentences.append(text % {"count": work.held})
    return sentences


def list_lacking(work: Workload) -> list[str]:
    """What the forecast leaves out because people are too few for it, as sentences."""
    text = ngettext(
        "Left out is %(count)d candidate that cannot be finished so far.",
        "Left out are %(count)d candidates that cannot be finished so far.",
        work.lacking,
    )
    return [text % {"count": work.lacking}, *work.shortages]
