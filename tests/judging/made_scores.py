"""Scores as the rubrics store them, without a model: replies are written out, and the rubric makes the values of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from judging.load_material import load_materials
from judging.material import Material
from judging.models import Call, Judge, JudgeRun, Score
from judging.rubrics.base import Outcome, Value, Why
from judging.rubrics.registry import get_rubric
from judging.standing import read_present
from labeling.models import Bundle, Project

Q = Mapping[str, float]
GOOD: Q = {"clarity": 4, "realism": 5, "aesthetic": 3}


def make_judge_row(project: Project, name: str = "alpha", version: int = 1, rubric: str = "servimage_score", **fields: Any) -> Judge:
    """A judge version, as it stands in the table."""
    made = {"backend": "replay", "model": "scripted-1", "rubric_version": 1, "fingerprint": f"{name}-{version}"} | fields
    return Judge.objects.create(project=project, name=name, version=version, rubric=rubric, **made)


def material_of(bundle: Bundle) -> Material:
    """What judges see of the bundle."""
    [material] = load_materials([bundle.pk])
    return material


def keep_values(judge: Judge, bundle: Bundle, part: str, values: Iterable[Value]) -> None:
    """Store values as a run does."""
    images = {row.pk: row.image_id for row in bundle.candidates.all()}
    present = read_present(Bundle.objects.select_related("task").get(pk=bundle.pk))
    for value in values:
        said = {"value": value.value, "why": value.why or "", "comment": value.comment, "detail": dict(value.detail)}
        about = {"bundle": bundle, "candidate_id": value.sample, "image_id": images.get(value.sample or 0)}
        made = {"task_version": present.task_version, "pictures": "" if value.sample else present.pictures}
        Score.objects.create(judge=judge, part=part, concept=value.concept, inputs="x", **about, **said, **made)


def keep_part(judge: Judge, bundle: Bundle, part: str, sample: int | None, outcome: Outcome) -> None:
    """Let the rubric of the judge make values of one parsed reply, or of the reason why there is none, and store them."""
    values = get_rubric(judge.rubric).score(material_of(bundle), part, sample, [outcome])
    keep_values(judge, bundle, part, values)


def keep_brf(judge: Judge, bundle: Bundle, bits: Sequence[Sequence[int]], reason: str = "the logo is missing") -> None:
    """What the judge ticked: one row of bits for each picture, with one reason for whatever is not met."""
    keys = list(bundle.candidates.order_by("deliverable__number").values_list("pk", flat=True))
    rows = [
        {"sample": key, "scores": list(row), "reasons": ["" if bit else reason for bit in row], "missing": False}
        for key, row in zip(keys, bits, strict=True)
    ]
    keep_part(judge, bundle, "brf", None, {"rows": rows})


def keep_quality(judge: Judge, bundle: Bundle, sample: int, text: float | None = None, reason: str = "soft edges", **scores: float) -> None:
    """The four scores of VEQ; `text` None where the picture has none."""
    said = {**GOOD, **scores}
    technical = {
        "clarity": said["clarity"],
        "realism": said["realism"],
        "clarity_reason": reason,
        "realism_reason": "",
        "photographic": False,
    }
    keep_part(judge, bundle, "veq_technical", sample, technical)
    keep_part(judge, bundle, "veq_aesthetic", sample, {"aesthetic": said["aesthetic"], "reason": reason})
    keep_part(judge, bundle, "veq_text", sample, {"has_text": text is not None, "text": text, "reason": ""})


def keep_set(judge: Judge, bundle: Bundle, scores: Sequence[float], reason: str = "another palette than the rest") -> None:
    """How each picture fits its set; only the first has a flag."""
    keys = list(bundle.candidates.order_by("deliverable__number").values_list("pk", flat=True))
    rows = [
        {"sample": key, "score": score, "flags": [] if place else ["color_palette_broken"], "reason": f"{reason} ({score})"}
        for place, (key, score) in enumerate(zip(keys, scores, strict=True))
    ]
    keep_part(judge, bundle, "cns_set", None, {"rows": rows, "layout": "each"})


def keep_pay(judge: Judge, bundle: Bundle, sample: int, probability: float, reason: str = "would be redone") -> None:
    """What a judge says when it is asked straight out."""
    verdict = "accept" if probability >= 0.5 else "reject"
    keep_part(judge, bundle, "pay", sample, {"verdict": verdict, "probability": probability, "reason": reason})


def keep_rules(judge: Judge, bundle: Bundle) -> None:
    """The hard rules of the deliverables held against the pictures."""
    keep_values(judge, bundle, "rules", get_rubric("hard_rules").measure(material_of(bundle)))


def keep_nothing(judge: Judge, bundle: Bundle, part: str, sample: int | None, why: Why) -> None:
    """No score, for this reason."""
    keep_part(judge, bundle, part, sample, why)


def keep_call(judge: Judge, bundle: Bundle, part: str, reply: str, candidate: int | None = None, **fields: Any) -> Call:
    """One question and its reply, in a run that is done."""
    run = JudgeRun.objects.filter(judge=judge).first() or JudgeRun.objects.create(project=judge.project, judge=judge, state="done")
    asked = {"digest": f"{part}-{candidate}", "prompt_hash": "p", "system": "You judge.", "prompt": "How good is it?", "side_px": 1024}
    return Call.objects.create(
        run=run,
        judge=judge,
        bundle=bundle,
        candidate_id=candidate,
        part=part,
        reply=reply,
        latency_ms=5,
        **{"parsed": {}, **asked, **fields},
    )
