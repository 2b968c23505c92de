"""What the lines about one bundle add to what a judge version has said of it before: plain comparing, the caller reads and writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judging.data_in.score_detail import Found, find_entries, make_detail, make_entry, own_detail
from judging.data_in.score_fields import OF_BUNDLE, PART_OF
from judging.load_material import JUDGED, hash_pictures
from judging.models import Score
from judging.rubrics.base import Why, hash_of
from labeling.data_in.codes import Code
from labeling.data_in.problem import Line, Outcome, make_line
from labeling.models import Candidate

# A candidate, 0 for the whole bundle, and a concept.
Key = tuple[int, str]


class Stand:
    """What is there of a bundle: its id, and the scores of the judge version that stand.

    `candidates` are all of them; `task_version` and the pictures say what scores made now are about.
    """

    def __init__(self, bundle: int, task_version: int, candidates: Sequence[Candidate], scores: Mapping[Key, Score]) -> None:
        self.bundle, self.task_version, self.scores = bundle, task_version, scores
        self.pictures = hash_pictures((row.pk, picture_of(row)) for row in candidates if is_judged(row))
        # By candidate, 0 for the whole bundle.
        self._inputs = {row.pk: hash_of([task_version, [picture_of(row)]]) for row in candidates}
        self._inputs[0] = hash_of([task_version, self.pictures])

    def inputs_of(self, concept: str, place: int) -> str:
        """What a score is about: the task as it is, and the picture, or all submitted ones where the concept looks at the whole bundle."""
        return self._inputs[0 if concept in OF_BUNDLE else place]

    def find(self, concept: str, place: int) -> Score | None:
        """The score that stands of a candidate, 0 for the bundle, unless it is about other pictures or an earlier task."""
        known = self.scores.get((place, concept))
        return known if known is not None and known.inputs == self.inputs_of(concept, place) else None

    def find_about(self, concept: str, candidate: Candidate) -> Score | None:
        """What was said of a candidate, be it by itself or with its bundle."""
        return self.find(concept, candidate.pk) or (self.find(concept, 0) if concept in OF_BUNDLE else None)

    def is_told_apart(self, concept: str) -> bool:
        """Whether the version has told this concept of single candidates of the bundle, and goes on to do so."""
        return any(self.find(concept, place) for place, told in self.scores if place and told == concept)


def is_judged(candidate: Candidate) -> bool:
    """Whether judges see this candidate of a bundle."""
    return candidate.is_submitted_sample and candidate.image is not None and candidate.state in JUDGED


def picture_of(candidate: Candidate) -> str:
    """The SHA-256 of the picture of a candidate; empty where there is none yet."""
    return candidate.image.sha256 if candidate.image else ""


@dataclass(kw_only=True)
class Added:
    """What is to be written: new scores, and the ids of those that they supersede; `outcomes` of each line, by candidate."""

    new: list[Score] = field(default_factory=list)
    superseded: set[int] = field(default_factory=set)
    outcomes: dict[int, set[Outcome]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, score: Score, stand: Stand, speakers: Sequence[Found]) -> None:
        """Let `score`, told by these lines, stand instead of what is there in its place.

        A concept is told either of the bundle or of single candidates, so one of the bundle takes the place of all of them, and one of a
        candidate that of the bundle.
        """
        places = {place for place, concept in stand.scores if concept == score.concept}
        old = places & {score.candidate_id, 0} if score.candidate_id else places
        self.new.append(score)
        self.superseded |= {stand.scores[place, score.concept].pk for place in old}
        for item in speakers:
            self.outcomes.setdefault(item.candidate.pk, set()).add(Outcome.UPDATED if old else Outcome.CREATED)


def compare(bundle: Sequence[Found], stand: Stand, shared: set[str]) -> Added:
    """What these lines add. A line that differs from what was said before is a conflict, and nothing of it is kept.

    `shared` are the concepts that all lines of the file agree about and that are told of the bundle as a whole.
    """
    added, kept = Added(), []
    for item in bundle:
        conflict = find_conflict(item, stand)
        if conflict:
            added.lines.append(conflict)
        else:
            kept.append(item)
    of_bundle = {concept for concept in shared if not stand.is_told_apart(concept)}
    for concept in sorted(of_bundle):
        add_shared(added, concept, [item for item in kept if concept in item.row.scores], stand)
    for item in kept:
        for concept in item.row.scores:
            if concept not in of_bundle and stand.find_about(concept, item.candidate) is None:
                added.add(make_score(concept, item.row.scores[concept], stand, item.candidate, own_detail(item, concept)), stand, [item])
    added.lines += [tell(item, added.outcomes.get(item.candidate.pk, set())) for item in kept]
    return added


def find_conflict(item: Found, stand: Stand) -> Line | None:
    """The conflict of the first score of a line that differs from the one that stands."""
    for concept, value in item.row.scores.items():
        known = stand.find_about(concept, item.candidate)
        if known is None:
            continue
        place = item.row.place.at(field=item.row.fields[concept])
        if known.value != value:
            said = "null" if known.value is None else f"{known.value:g}"
            return make_line(Outcome.CONFLICT, Code.SCORE_DIFFERS, place, known=said)
        if differs_in_detail(item, concept, known):
            return make_line(Outcome.CONFLICT, Code.SCORE_DETAIL_DIFFERS, place)
    return None


def differs_in_detail(item: Found, concept: str, known: Score) -> bool:
    """Whether a line says something else beside a score than was said before; saying nothing is nothing else."""
    own = own_detail(item, concept)
    if not own:
        return False
    if known.candidate_id is not None:
        return bool(own != known.detail)
    entry = find_entries(known).get(item.candidate.pk)
    return entry not in (None, make_entry(item, concept))


def add_shared(added: Added, concept: str, items: Sequence[Found], stand: Stand) -> None:
    """Add the one score that these lines have for the bundle, or what they say beside it, unless all of it is there."""
    if not items:
        return
    known = stand.find(concept, 0)
    before = find_entries(known) if known else {}
    told = {item.candidate.pk: make_entry(item, concept) for item in items if own_detail(item, concept)}
    if known is None or not told.keys() <= before.keys():
        speakers = [item for item in items if known is None or item.candidate.pk in told.keys() - before.keys()]
        detail = make_detail(concept, {**before, **told})
        added.add(make_score(concept, items[0].row.scores[concept], stand, None, detail), stand, speakers)


def make_score(concept: str, value: float | None, stand: Stand, candidate: Candidate | None, detail: dict[str, Any]) -> Score:
    """A score of a candidate or, where there is none, of the bundle; its judge is still to be named."""
    return Score(
        bundle_id=stand.bundle,
        candidate=candidate,
        image_id=candidate.image_id if candidate else None,
        part=PART_OF[concept],
        concept=concept,
        value=value,
        why=Why.NOT_APPLICABLE if value is None else "",
        detail=detail,
        inputs=stand.inputs_of(concept, candidate.pk if candidate else 0),
        task_version=stand.task_version,
        pictures="" if candidate else stand.pictures,
    )


def tell(item: Found, outcomes: set[Outcome]) -> Line:
    """What became of a line without a conflict."""
    outcome = next((which for which in (Outcome.UPDATED, Outcome.CREATED) if which in outcomes), Outcome.UNCHANGED)
    return make_line(outcome, None, item.row.place)
