"""What doing something to many candidates would come to, without doing it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labeling.browse.few import FEW
from labeling.browse.find import ids_of, look
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted
from labeling.models import Batch, Candidate, Category, Decision, Example, Project, State, split_lane
from labeling.protocol.hold import PEOPLE_NEEDED, find_adjudicators
from labeling.protocol.many import Act
from labeling.protocol.staff import Staff, read_staff
from labeling.refusals import Refusal

AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What decides whether an act is refused; `able` is how many people could answer a new round. `is_in_batch` and `fits_batch`
    speak of the batch it would be put into."""

    state: str
    has_image: bool = True
    is_asked_for: bool = True
    is_decided_elsewhere: bool = False
    is_example: bool = False
    is_in_batch: bool = False
    fits_batch: bool = True
    able: int = PEOPLE_NEEDED


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Of the candidates looked at, how many would change, and how many are refused for each reason, most frequent first.

    Not `is_whole` says that more match than were looked at.
    """

    changed: int
    refused: list[tuple[Refusal, int]]
    is_whole: bool

    @property
    def refusals(self) -> int:
        """How many would be refused."""
        return sum(count for _refusal, count in self.refused)


def preview(project: Project, wanted: Wanted, act: Act, batch: Batch | None = None) -> Preview:
    """What `act` (for "batch": into `batch`, None for none) would do to the candidates that match.

    Looked at in the order of the job; at most `FEW`, or what one look finds.
    """
    seen = look(project, wanted, ById(), None, True, FEW + 1)
    counts = Counter(refuse(act, facts) for facts in read_facts(project, ids_of(seen.keys[:FEW]), batch))
    refused = [(code, count) for code, count in counts.most_common() if code is not None]
    return Preview(changed=counts[None], refused=refused, is_whole=seen.ended_at is None)


def refuse(act: Act, facts: Facts) -> Refusal | None:
    """Why `act` would be refused, in the order in which the protocol asks; None if it would not be."""
    if act == "reopen":
        return refuse_reopen(facts)
    if act == "hold":
        return None if facts.state in (State.OPEN, State.DISPUTED) else Refusal.NOT_OPEN
    if act == "batch":
        return Refusal.IN_BATCH_ALREADY if facts.is_in_batch else None if facts.fits_batch else Refusal.OTHER_CATEGORY
    if act == "withdraw":
        return Refusal.WITHDRAWN if facts.state == State.WITHDRAWN else None
    if facts.state not in (State.HELD, State.WITHDRAWN):
        return Refusal.NOT_HELD
    if not facts.has_image and not facts.is_decided_elsewhere:
        return Refusal.NO_IMAGE
    return None if facts.is_asked_for else Refusal.NOT_ASKED_FOR


def refuse_reopen(facts: Facts) -> Refusal | None:
    """`refuse` for reopening."""
    by_state = {State.OPEN: Refusal.OPEN_ALREADY, State.HELD: Refusal.IS_HELD}
    by_state |= dict.fromkeys((State.STAGED, State.WITHDRAWN), Refusal.NOT_REOPENABLE)
    if (refusal := by_state.get(State(facts.state))) is not None:
        return refusal
    if facts.is_example:
        return Refusal.IS_EXAMPLE
    if not facts.has_image:
        return Refusal.NO_IMAGE
    return Refusal.TOO_FEW_PEOPLE if facts.able < PEOPLE_NEEDED else None


def read_facts(project: Project, ids: list[int], batch: Batch | None) -> Iterator[Facts]:
    """The facts of these candidates."""
    staff = read_staff(project.pk)
    for start in range(0, len(ids), AT_ONCE):
        yield from facts_of(ids[start : start + AT_ONCE], staff, batch)


def facts_of(ids: list[int], staff: Staff, batch: Batch | None) -> Iterable[Facts]:
    """The facts of a few candidates, given who may answer in the project."""
    former: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for pk, number, person in find_adjudicators(ids).values_list("candidate_id", "round", "person_id"):
        former[pk, number].add(person)
    imported = set(Decision.objects.filter(candidate__in=ids, how=Decision.How.IMPORTED).values_list("candidate_id", "round"))
    examples = set(Example.objects.filter(candidate__in=ids).values_list("candidate_id", flat=True))
    columns = ("pk", "round", "state", "image_id", "deliverable__number", "bundle__task__quantity", "lane")
    target, wanted = (batch.number, batch.category) if batch else (0, "")
    for pk, number, state, image, place, quantity, lane in Candidate.objects.filter(pk__in=ids).order_by().values_list(*columns):
        number_of_batch, code = split_lane(lane)
        yield Facts(
            state=state,
            has_image=image is not None,
            is_asked_for=place <= quantity,
            is_decided_elsewhere=(pk, number) in imported,
            is_example=pk in examples,
            is_in_batch=number_of_batch == target,
            fits_batch=not wanted or code == Category(wanted).code,
            able=len(staff.of(lane).people - former[pk, number]),
        )
