"""The job that plans a run: what is missing, what it will take, and the batches it is divided into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction

from judging.batch import hash_material, limits_of
from judging.load_material import load_materials
from judging.material import Material
from judging.models import Judge, JudgeRun, RunBatch
from judging.planning import Plan, estimate
from judging.protocol.advance import lock_run
from judging.protocol.runs import set_running
from judging.questions import find_calls, find_scored, is_measured, is_scored, left_to_ask, list_units
from judging.rubrics.base import Limits, MeasuringRubric
from judging.rubrics.registry import get_rubric
from labeling.among import Ids
from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import read_params
from labeling.jobs.context import JobContext
from labeling.models import Candidate, Project
from labeling.protocol.outcome import ProtocolError
from labeling.stored_texts import make_params

AT_ONCE = 100
# What one worker takes at a time, and may lose: about so many questions, or bundles for plain code.
BATCH_CALLS, BATCH_BUNDLES = 64, 16


def plan_run_job(context: JobContext) -> None:
    """Plan the run of the params; killed, it begins again, cancelled it plans nothing."""
    run = JudgeRun.objects.select_related("judge", "project").get(pk=context.params["run"])
    if run.state != JudgeRun.State.PLANNING:
        return
    planner = Planner(run)
    for done, bundles in enumerate(page_bundles(run.project, run), 1):
        if context.cancelled():
            return
        planner.look_at(bundles)
        context.progress(done * AT_ONCE)
    estimate(planner.plan, run.judge, run.parallel)
    store_plan(context, run, planner)


class Planner:
    """Counts what a run is to do, and divides it."""

    def __init__(self, run: JudgeRun) -> None:
        self.judge: Judge = run.judge
        self.run = run
        self.limits: Limits = limits_of(run)
        self.rubric = get_rubric(self.judge.rubric)
        self.plan = Plan()
        self.batches: list[list[int]] = [[]]
        self.weight = 0.0

    def look_at(self, bundles: Sequence[int]) -> None:
        """Count some bundles."""
        scored = find_scored(self.judge, bundles)
        calls = find_calls(self.judge, bundles) if self.rubric.asks_model else {}
        for material in load_materials(bundles):
            self.plan.candidates += len(material.samples)
            if isinstance(self.rubric, MeasuringRubric):
                self.look_at_measured(material, is_measured(material, self.judge.parts[0], hash_material(material), scored))
                continue
            units = list_units(self.rubric, self.judge.parts, material, self.limits)
            for unit in units:
                if unit.why is not None:
                    self.plan.forced[f"{unit.part} {unit.why}"] += 1
            left = [ask for unit in units for ask in left_to_ask(unit, calls, self.run)]
            self.plan.done_before += sum(len(unit.asks) for unit in units) - len(left)
            if left or not all(is_scored(unit, scored) for unit in units):
                self.plan.add(left)
                # One without a question still takes its share of rows.
                self.add(material, max(len(left) / BATCH_CALLS, 1 / BATCH_BUNDLES))

    def look_at_measured(self, material: Material, is_done: bool) -> None:
        """Count one bundle of a rubric of plain code."""
        if is_done:
            self.plan.done_before += 1
            return
        self.plan.measured += 1
        self.add(material, 1 / BATCH_BUNDLES)

    def add(self, material: Material, weight: float) -> None:
        """Put a bundle into a batch; a full batch weighs 1."""
        self.plan.bundles += 1
        self.batches[-1].append(material.key)
        self.weight += weight
        if self.weight >= 1:
            self.batches.append([])
            self.weight = 0.0


def page_bundles(project: Project, run: JudgeRun) -> Iterator[list[int]]:
    """The bundles of the wanted candidates, a hundred at a time, in the order of their ids."""
    found: set[int] = set()
    for piece in read_all(project, read_params(run.wanted), ById()):
        ids = [key[-1] for key in piece]
        found |= set(Candidate.objects.filter(pk__among=Ids(ids)).values_list("bundle_id", flat=True))
    ordered = sorted(found)
    yield from (ordered[at : at + AT_ONCE] for at in range(0, len(ordered), AT_ONCE))


@transaction.atomic
def store_plan(context: JobContext, run: JudgeRun, planner: Planner) -> None:
    """Keep the plan and its batches, and start the run if it is to start at once. Locks the run, then the job."""
    locked = lock_run(run.pk)
    context.checkpoint({})
    if locked.state != JudgeRun.State.PLANNING:
        return
    batches = [bundles for bundles in planner.batches if bundles]
    RunBatch.objects.bulk_create(RunBatch(run=locked, number=number, bundles=bundles) for number, bundles in enumerate(batches, 1))
    locked.plan, locked.bundles, locked.state = planner.plan.as_json(), planner.plan.bundles, JudgeRun.State.PLANNED
    locked.save(update_fields=["plan", "bundles", "state"])
    if locked.starts_at_once:
        start_if_free(locked)


def start_if_free(locked: JudgeRun) -> None:
    """Start a planned run, or say why it has to wait for somebody to start it: another run of its judge is at work."""
    try:
        set_running(locked)
    except ProtocolError as refusal:
        locked.said, locked.said_params = refusal.text, make_params(refusal.values)
        locked.save(update_fields=["said", "said_params"])
