"""The job that computes what a version says about candidates: those that are open, and those of the frozen test side.

The latter are never shown; the gate of the next version compares with them. Nothing a version has said is ever overwritten, and no
candidate is locked: people go on labelling as if the job were not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from labeling.among import Ids
from labeling.jobs.context import JobContext, JobFailed
from labeling.models import Candidate, Project, State, Suggestion
from labeling.protocol.outcome import ProtocolError
from labeling.stored_texts import make_params
from modeling.model_folder import load_version
from modeling.models import ModelVersion, Promotion
from modeling.protocol.registry import put_promoted_to_use

if TYPE_CHECKING:
    from modeling.net.predict import Prediction, ServImageModel

PAGE, BATCH = 500, 64
NOT_USED = _("%(version)s was not put to use: another version was, since it was promoted.")
OPEN, TEST = "open", "test"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A candidate that nothing is said of yet, and the image it has."""

    pk: int
    key: str
    image: int
    sha256: str


def suggest(context: JobContext) -> None:
    """Say what the version of the params has not said yet; where it was promoted, put it to use once all is said.

    A page and the checkpoint are one transaction: killed, the next attempt goes on after the last one.
    """
    version = ModelVersion.objects.select_related("project", "run").get(pk=context.params["version"])
    state: dict[str, Any] = {"part": OPEN, "after": 0, "seen": 0, "made": 0, "lost": 0, **context.restored}
    total = count_wanted(version.project)
    # Loaded at the first page with something to say: most looks for new imports find little.
    model: ServImageModel | None = None
    for part, page in list_pages(version, state):
        if context.cancelled():
            break
        missing = find_missing(version, page)
        if missing and model is None:
            model = load_version(version)
        rows = say(version, model, missing) if model is not None and missing else []
        state |= {"part": part, "after": page[-1].pk, "seen": state["seen"] + len(page), "made": state["made"] + len(rows)}
        state["lost"] += len(missing) - len(rows)
        store(context, rows, state)
        context.progress(state["seen"], max(total, state["seen"]))
    context.result = {"version": version.name, "made": state["made"], "lost": state["lost"]}
    if not context.was_cancelled and context.params.get("promotion"):
        finish_promotion(context)


def list_pages(version: ModelVersion, state: dict[str, Any]) -> Iterator[tuple[str, list[Row]]]:
    """What the version is to speak of, after the place of `state`, in pages by row id."""
    for part in (OPEN, TEST)[(OPEN, TEST).index(state["part"]) :]:
        after = state["after"] if part == state["part"] else 0
        while page := read_page(find_wanted(version.project, part), after):
            yield part, page
            after = page[-1].pk


def find_wanted(project: Project, part: str) -> QuerySet[Candidate]:
    """The candidates of one part that have an image."""
    if part == OPEN:
        return Candidate.objects.standing_as(project.pk, State.OPEN).filter(image__isnull=False)
    decided = [State.SETTLED, State.DISPUTED]
    return Candidate.objects.filter(project=project, state__in=decided, image__isnull=False, bundle__task__is_test_side=True)


def count_wanted(project: Project) -> int:
    """How many candidates there are to speak of."""
    return sum(find_wanted(project, part).order_by().count() for part in (OPEN, TEST))


def read_page(wanted: QuerySet[Candidate], after: int) -> list[Row]:
    """The next candidates after a row id."""
    rows = wanted.filter(pk__gt=after).order_by("pk").values_list("pk", "public_id", "image_id", "image__sha256")
    return [Row(pk=pk, key=str(key), image=image, sha256=sha256) for pk, key, image, sha256 in rows[:PAGE]]


def find_missing(version: ModelVersion, page: Sequence[Row]) -> list[Row]:
    """Those of whose image the version has said nothing."""
    said = Suggestion.objects.filter(candidate__among=Ids(row.pk for row in page), model_version=version.name)
    known = set(said.values_list("candidate_id", "image_id"))
    return [row for row in page if (row.pk, row.image) not in known]


def say(version: ModelVersion, model: ServImageModel, rows: Sequence[Row]) -> list[Suggestion]:
    """What the model says of these candidates; nothing of one whose picture is lost or was replaced this moment."""
    from modeling.snapshots.examples import load_examples

    by_key = {row.key: row for row in rows}
    found = load_examples([row.pk for row in rows])
    examples = [example for example in found if example.picture.sha256 == by_key[example.key].sha256]
    # Without a vision-language model a page is one small matrix; cutting it up takes longer than the sums.
    batch = BATCH if model.parts.backbone.has_adapters else PAGE
    return [make_suggestion(version, by_key[told.key], told) for told in model.predict(examples, batch)]


def make_suggestion(version: ModelVersion, row: Row, told: Prediction) -> Suggestion:
    """What was said about a candidate as it is stored."""
    return Suggestion(
        project_id=version.project_id,
        candidate_id=row.pk,
        image_id=row.image,
        model_version=version.name,
        backend=version.backend,
        p_accept=min(max(float(told.p_accept), 0.0), 1.0),
        concepts={name: round(float(value), 3) for name, value in told.concepts.items()},
    )


@transaction.atomic
def store(context: JobContext, rows: Sequence[Suggestion], state: dict[str, Any]) -> None:
    """Keep a page and where it ends; what somebody else has stored stays. Locks the job. Raises JobLost."""
    context.checkpoint(state)
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True, batch_size=PAGE)


def finish_promotion(context: JobContext) -> None:
    """Put the promoted version to use."""
    promotion = Promotion.objects.select_related("project", "version", "created_by").get(pk=context.params["promotion"])
    try:
        context.result["is_used"] = put_promoted_to_use(context, promotion)
        if not context.result["is_used"]:
            context.result["said"] = {"text": NOT_USED, **make_params({"version": promotion.name})}
    except ProtocolError as refusal:
        raise JobFailed(refusal.text, refusal.values) from refusal
