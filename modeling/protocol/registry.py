"""Which version of the registry speaks: promoting one, and going back to the one before."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobContext
from labeling.jobs.queue import create_job
from labeling.models import Event, Job, Project, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from labeling.protocol.suggestions import lock_open, store_version
from modeling.models import ModelVersion, Preset, Promotion

SUGGEST, SUGGEST_ON_GPU, GATE, GATE_ON_GPU = "suggest", "suggest_gpu", "gate", "gate_gpu"
LIVE = [Job.State.QUEUED, Job.State.RUNNING]
FEWEST_LETTERS = 10


@transaction.atomic
def promote(version: ModelVersion, lead: User, reason: str = "") -> Promotion:
    """Let `version` speak in its project once its suggestions are there; until then people see those of the version before.

    Locks the project. Where the gate does not pass it takes a `reason`, which is kept. Raises ProtocolError.
    """
    require_right(version.project, lead, "is_lead")
    project = lock_open(version.project)
    if project.model_version == version.name:
        raise ProtocolError("version_in_use", _("This version is in use already."))
    waiting = find_waiting(project)
    if waiting is not None and waiting.version_id == version.pk and waiting.job is not None and waiting.job.state in LIVE:
        raise ProtocolError("promoted_already", _("This version is promoted already; its suggestions are being computed."))
    kind = check_gate(version, project, reason.strip())
    promotion = Promotion.objects.create(
        project=project,
        version=version,
        name=version.name,
        former=project.model_version,
        kind=kind,
        reason=reason.strip()[:500] if kind == Promotion.Kind.OVERRIDDEN else "",
        gate=version.gate,
        created_by=lead,
    )
    promotion.job = create_job(project, kind_of(version), {"version": version.pk, "promotion": promotion.pk}, lead)
    promotion.save(update_fields=["job"])
    note(promotion, Event.Kind.MODEL_PROMOTED)
    return promotion


def check_gate(version: ModelVersion, project: Project, reason: str) -> Promotion.Kind:
    """How the version is promoted. Raises ProtocolError where its gate does not let it pass and the reason is none."""
    if passes(version, project):
        return Promotion.Kind.PROMOTED
    if len(reason) >= FEWEST_LETTERS:
        return Promotion.Kind.OVERRIDDEN
    if is_stale(version, project):
        text = _(
            "Its gate compared it with another version than is in use now. Have it judged again, or give a reason (%(count)s characters)."
        )
    else:
        text = _(
            "The gate does not let this version pass. Only with a reason of at least %(count)s characters can it be promoted all the same."
        )
    raise ProtocolError("gate_closed", text, count=FEWEST_LETTERS)


def passes(version: ModelVersion, project: Project) -> bool:
    """Whether the gate lets the version pass beside the one in use."""
    return version.gate.get("verdict") == "passes" and not version.gate.get("needs_override") and not is_stale(version, project)


def is_stale(version: ModelVersion, project: Project) -> bool:
    """Whether another version is in use than when the gate was computed."""
    return version.incumbent != project.model_version


@transaction.atomic
def judge_again(version: ModelVersion, lead: User) -> Job:
    """Have the gate of a version computed on the decisions of now, against the version in use now.

    Locks the project. Raises ProtocolError for the version in use: what it was promoted on stays to be read.
    """
    require_right(version.project, lead, "is_lead")
    project = lock_open(version.project)
    if project.model_version == version.name:
        raise ProtocolError("version_in_use", _("This version is in use already."))
    waiting = Job.objects.filter(project=project, kind__in=[GATE, GATE_ON_GPU], state__in=LIVE, params__version=version.pk).first()
    # Either of the two may have to be asked about what was decided since.
    needs_gpu = SUGGEST_ON_GPU in {kind_of(each) for each in (version, find_used(project)) if each is not None}
    return waiting or create_job(project, GATE_ON_GPU if needs_gpu else GATE, {"version": version.pk}, lead)


@transaction.atomic
def put_promoted_to_use(context: JobContext, promotion: Promotion) -> bool:
    """Show the suggestions of a promoted version, which are all there now; False where another version came to use
    since it was promoted, or a later promotion took its place.

    Locks the project, then the job. Raises JobLost if the job is no longer this worker's, and ProtocolError in an archived project.
    """
    project = lock_open(promotion.project)
    context.checkpoint({})
    newest = Promotion.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True).first()
    if newest != promotion.pk or promotion.used_at is not None or project.model_version != promotion.former:
        return False
    store_version(project, promotion.name, promotion.created_by)
    Promotion.objects.filter(pk=promotion.pk).update(used_at=Now())
    return True


@transaction.atomic
def roll_back(project: Project, lead: User) -> Promotion:
    """Bring back the version that was in use before this one: what it has said is shown at once, a job adds what it has not.

    Before the first one there was none: then nobody is shown a suggestion. Locks the project. Raises ProtocolError where none is in use.
    """
    require_right(project, lead, "is_lead")
    locked = lock_open(project)
    name = find_former(locked)
    if name is None:
        raise ProtocolError("nothing_before", _("No version is in use, so there is nothing to go back from."))
    version = ModelVersion.objects.filter(project=locked, name=name).first()
    promotion = Promotion.objects.create(
        project=locked,
        version=version,
        name=name,
        former=locked.model_version,
        kind=Promotion.Kind.ROLLED_BACK,
        used_at=Now(),
        created_by=lead,
    )
    store_version(locked, name, lead)
    if version is not None:
        promotion.job = create_job(locked, kind_of(version), {"version": version.pk}, lead)
        promotion.save(update_fields=["job"])
    note(promotion, Event.Kind.MODEL_ROLLED_BACK)
    project.model_version = name
    promotion.refresh_from_db()
    return promotion


def find_former(project: Project) -> str | None:
    """The version that was in use before the one that is, '' for none; None where none is in use.

    A version that came back takes with it what came after it: going back twice goes back two versions, not to and fro.
    """
    stack = [""]
    used = Event.objects.filter(project=project, candidate=None, kind=Event.Kind.VERSION_USED).order_by("pk")
    for data in used.values_list("data", flat=True):
        name = data["version"]
        stack = [*stack[: stack.index(name)], name] if name in stack else [*stack, name]
    return stack[-2] if len(stack) > 1 and stack[-1] == project.model_version else None


def note(promotion: Promotion, kind: Event.Kind) -> None:
    """Log what a lead did."""
    data = {"version": promotion.name, "former": promotion.former, "reason": promotion.reason, "kind": promotion.kind}
    Event.objects.create(project=promotion.project, actor=promotion.created_by, kind=kind, data=data)


def kind_of(version: ModelVersion) -> str:
    """The kind of the job that computes what a version says, which tells the machine it needs."""
    return SUGGEST if version.run.preset == Preset.STATS else SUGGEST_ON_GPU


def list_versions(project: Project) -> QuerySet[ModelVersion]:
    """The versions of a project, the newest first, with their runs."""
    return ModelVersion.objects.filter(project=project).select_related("run", "run__snapshot", "parent").order_by("-pk")


def list_names(project_id: int) -> set[str]:
    """The names of the versions of a project."""
    return set(ModelVersion.objects.filter(project=project_id).values_list("name", flat=True))


def find_version(project: Project, public_id: object) -> ModelVersion | None:
    """A version of this project; None if there is none by that id."""
    return list_versions(project).filter(public_id=str(public_id)).first()


def find_used(project: Project) -> ModelVersion | None:
    """The version in use, where its model is here; None for none and for an imported one."""
    return list_versions(project).filter(name=project.model_version).first() if project.model_version else None


def find_waiting(project: Project) -> Promotion | None:
    """The promotion whose suggestions are still being computed; None where none is under way."""
    newest = Promotion.objects.filter(project=project).select_related("version", "job").order_by("-pk").first()
    return newest if newest is not None and newest.used_at is None else None


def list_ancestors(version: ModelVersion) -> list[str]:
    """The names of the versions before it in its line, the nearest first."""
    names: list[str] = []
    parents: Mapping[int, tuple[str, int | None]] = {
        pk: (name, parent)
        for pk, name, parent in ModelVersion.objects.filter(project=version.project_id).values_list("pk", "name", "parent")
    }
    at = version.parent_id
    while at is not None and parents[at][0] not in names:
        name, at = parents[at]
        names.append(name)
    return names


def list_caused(version: ModelVersion) -> dict[str, int]:
    """How many of its training labels were given with a suggestion of one of its ancestors on screen, by the ancestor: labels it caused."""
    ancestors = set(list_ancestors(version))
    return {name: count for name, count in version.taught_by.items() if name in ancestors}
