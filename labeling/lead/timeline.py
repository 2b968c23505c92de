"""Everything that happened to one candidate, newest first: its own events, and what touched it from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from labeling.lead.sentences import Sentence, name_actor, tell_details, tell_history
from labeling.models import Answer, Candidate, Event, Flag, ImportConflict, Reason, Skip, State

AT_ONCE = 100
# Changes of the project that may have changed how the candidate was answered.
OUTSIDE = [Event.Kind.SETTINGS_CHANGED, Event.Kind.GUIDELINE_PUBLISHED]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What people said in the events shown: answers by event, skips by assignment, flags by id."""

    answers: dict[int, Answer] = field(default_factory=dict)
    skips: dict[int | None, Skip] = field(default_factory=dict)
    flags: dict[int, Flag] = field(default_factory=dict)


def read_timeline(candidate: Candidate, before: int | None = None) -> tuple[list[Sentence], int | None]:
    """The newest events of the candidate, or those before the event `before`; and where the earlier ones begin, None if there are none.

    What touched it from outside stands among them: settings and guidelines changed meanwhile, changes of its task, import conflicts.
    """
    events = Event.objects.filter(candidate=candidate).select_related("actor").order_by("-pk")
    rows = list((events if before is None else events.filter(pk__lt=before))[: AT_ONCE + 1])
    shown, has_more = rows[:AT_ONCE], len(rows) > AT_ONCE
    sentences = tell_timeline(candidate, shown)
    if shown:
        sentences += tell_history(outside_events(candidate, shown[-1].pk, before))
        sentences += [line for line in tell_conflicts(candidate) if is_between(line, shown, has_more, before)]
    return sorted(sentences, key=lambda sentence: sentence.at, reverse=True), shown[-1].pk if has_more else None


def tell_timeline(candidate: Candidate, events: Sequence[Event]) -> list[Sentence]:
    """The candidate's own `events`, in their order, with what people said in them."""
    said = read_said(candidate, events)
    return [tell_event(event, said) for event in events]


def is_between(line: Sentence, shown: Sequence[Event], has_more: bool, before: int | None) -> bool:
    """Whether a line that is no event belongs among the events shown."""
    return (not has_more or line.at >= shown[-1].at) and (before is None or line.at <= shown[0].at)


def read_said(candidate: Candidate, events: Sequence[Event]) -> Said:
    """What people said in these events."""
    ids = [event.pk for event in events]
    return Said(
        answers={
            answer.event_id: answer for answer in Answer.objects.filter(assignment__candidate=candidate, event__in=ids).order_by("pk")
        },
        skips={skip.assignment_id: skip for skip in candidate.skips.all()},
        flags={flag.pk: flag for flag in Flag.objects.filter(assignment__candidate=candidate).order_by("pk")},
    )


def tell_event(event: Event, said: Said) -> Sentence:
    """One event of the candidate itself, with the state it left behind."""
    return Sentence(
        at=event.at,
        actor=name_actor(event),
        what=name_kind(event, said),
        details=[*tell_details(event.data), *tell_said(event, said)],
        round=event.round,
        state=str(State(event.candidate_state).label) if event.candidate_state else "",
    )


def name_kind(event: Event, said: Said) -> str:
    """What happened, in words; whether an adjudication was confirmed or revised only its answer knows."""
    answer = said.answers.get(event.pk)
    if event.kind == Event.Kind.DISPUTE_READY and event.candidate_state == State.SETTLED:
        return _("drawn to be looked at once more, and ready for an adjudicator")
    if event.kind != Event.Kind.CONFIRMED or answer is None:
        return event.get_kind_display()
    return _("adjudication revised") if answer.kind == Answer.Kind.REVISE else _("adjudication confirmed unchanged")


def tell_said(event: Event, said: Said) -> list[str]:
    """What a person said in the event: the answer with its reasons, the note of a skip, the text of a flag or its reply."""
    if (answer := said.answers.get(event.pk)) is not None:
        reasons = [str(reason.label) for reason in Reason if reason in answer.reasons]
        return [text for text in (answer.get_verdict_display() if answer.verdict else "", ", ".join(reasons), answer.note) if text]
    if event.kind == Event.Kind.SKIPPED and (skip := said.skips.get(event.assignment_id)) is not None:
        return [skip.note] if skip.note else []
    flag = said.flags.get(event.data.get("flag", 0))
    if flag is None:
        return []
    return [flag.text if event.kind == Event.Kind.FLAGGED else flag.reply]


def outside_events(candidate: Candidate, since: int, before: int | None) -> list[Event]:
    """Events about the project or the task, newest first, between the events `since` and `before`."""
    task = candidate.bundle.task
    about = Q(kind__in=OUTSIDE) | Q(kind=Event.Kind.CONFLICT_RESOLVED, data__task=task.external_id)
    changed = list(task.versions.filter(event__isnull=False).values_list("event_id", flat=True))
    rows = Event.objects.filter(about | Q(pk__in=changed), project_id=candidate.project_id, candidate=None, pk__gt=since)
    rows = rows if before is None else rows.filter(pk__lt=before)
    return list(rows.select_related("actor").order_by("-pk")[:AT_ONCE])


def tell_conflicts(candidate: Candidate) -> list[Sentence]:
    """The import conflicts about the candidate or its task, as they came up; that one was resolved is an event of its own."""
    rows = ImportConflict.objects.filter(Q(candidate=candidate) | Q(task=candidate.bundle.task)).order_by("pk")
    return [
        Sentence(
            at=row.created_at,
            actor=_("the site"),
            what=_("import conflict"),
            details=[_("content") if row.candidate_id is None else _("image"), row.get_state_display()],
        )
        for row in rows
    ]
