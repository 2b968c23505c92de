"""The values of one line of scores: the scores themselves, and the flags and points that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping

from judging.data_in.score_fields import RANGES, RUBRIC_OF, SPLIT_NAMES, SPLIT_NOT_APPLICABLE
from judging.rubrics.pay_direct import CONCEPT as P_ACCEPT
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_text, read_list, read_number, read_object
from labeling.data_in.json_text import name_type
from labeling.data_in.problem import ImportProblem, Place
from labeling.data_in.suggestion_file import ALIASES

MAX_FLAG = 80
# A score by the place where it stands and its value, None where the concept does not apply.
Told = tuple[Place, float | None]


def read_scores_of(record: Mapping[str, object], place: Place) -> dict[str, Told]:
    """The scores of a line by concept, in either format. Raises ImportProblem for a line without any."""
    told = read_split(record, place) if is_split(record) else read_named(read_object(record, "scores", place), place.inside("scores"))
    if not told:
        raise ImportProblem(Code.NO_SCORE, place.inside("scores"))
    if P_ACCEPT in told and len(told) > 1:
        raise ImportProblem(Code.TWO_RUBRICS, told[P_ACCEPT][0], other=place.line or 0)
    return told


def is_split(record: Mapping[str, object]) -> bool:
    """Whether a line is a row of `cbm_split`, whose scores stand at the top under longer names."""
    return "scores" not in record and any(name in record for name in SPLIT_NAMES.values())


def read_split(record: Mapping[str, object], place: Place) -> dict[str, Told]:
    """The scores of a row of `cbm_split`; there, -1 and null mean that a concept does not apply."""
    found = {concept: name for concept, name in SPLIT_NAMES.items() if name in record}
    return {
        concept: (place.inside(name), None if record[name] == SPLIT_NOT_APPLICABLE else read_score(record, name, concept, place))
        for concept, name in found.items()
    }


def read_named(scores: Mapping[str, object], place: Place) -> dict[str, Told]:
    """The scores of an object by concept, each under its own or its longer name; null means that one does not apply."""
    found = name_concepts(scores, place)
    return {concept: (place.inside(key), read_score(scores, key, concept, place)) for key, concept in found.items()}


def read_score(record: Mapping[str, object], key: str, concept: str, place: Place) -> float | None:
    """One score within the range of its concept, None for null."""
    low, high = RANGES[concept]
    return None if record[key] is None else read_number(record, key, place, low, high)


def name_concepts(record: Mapping[str, object], place: Place) -> dict[str, str]:
    """The concept that each key of `record` means. Raises ImportProblem for an unknown one, and for one that is there twice."""
    found: dict[str, str] = {}
    for key in record:
        concept = str(ALIASES.get(key, key))
        if concept not in RANGES:
            raise ImportProblem(Code.UNKNOWN_CONCEPT, place.inside(key), known=", ".join(RANGES))
        if concept in found.values():
            raise ImportProblem(Code.REPEATED_KEY, place.inside(key), key=concept)
        found[key] = concept
    return found


def read_flags(record: Mapping[str, object], scores: Mapping[str, Told], place: Place) -> dict[str, tuple[str, ...]]:
    """The flags of a line by concept, each once. Raises ImportProblem for those of a concept that the line gives no score."""
    if record.get("flags") is None:
        return {}
    flags, place = read_object(record, "flags", place), place.inside("flags")
    found = {}
    for key, concept in name_concepts(flags, place).items():
        require_score(scores, concept, place.inside(key))
        texts = read_list(flags, key, place)
        found[concept] = tuple(dict.fromkeys(check_text(text, place.inside(key).inside(at), MAX_FLAG) for at, text in enumerate(texts)))
    return found


def read_points(record: Mapping[str, object], scores: Mapping[str, Told], wanted: int, place: Place) -> tuple[int, ...] | None:
    """Which of the task's `wanted` evaluation points the image meets, 1 or 0 each; None where the line does not tell."""
    if record.get("points") is None:
        return None
    points, place = read_list(record, "points", place), place.inside("points")
    if len(points) != wanted:
        raise ImportProblem(Code.WRONG_POINTS, place, found=len(points), wanted=wanted)
    if not points:
        return None
    require_score(scores, "brf", place)
    return tuple(read_bit(point, place.inside(at)) for at, point in enumerate(points))


def read_bit(value: object, place: Place) -> int:
    """`value`, which must be 0 or 1."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ImportProblem(Code.WRONG_TYPE, place, wanted="0 or 1", found=name_type(value))
    if value not in (0, 1):
        raise ImportProblem(Code.OUT_OF_RANGE, place, found=str(value)[:40], low=0, high=1)
    return value


def require_score(scores: Mapping[str, Told], concept: str, place: Place) -> None:
    """Raise ImportProblem unless the line gives a value for `concept`, beside which something is to be kept."""
    if scores.get(concept, (place, None))[1] is None:
        raise ImportProblem(Code.WITHOUT_SCORE, place, concept=concept)


def rubric_of(scores: Mapping[str, Told]) -> str:
    """The rubric whose concepts these are."""
    return RUBRIC_OF[next(iter(scores))]
