"""The job that judges one batch of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.load_material import load_materials
from judging.material import Material
from judging.models import Call, JudgeRun, RunBatch
from judging.protocol.advance import advance_run
from judging.protocol.finish import finish_batch, give_back
from judging.protocol.runs import check_rubric
from judging.questions import Key, Unit, find_calls, find_scored, is_measured, is_scored, key_of, left_to_ask, list_units
from judging.record import Answered, Scored, make_call, store
from judging.rubrics.base import Ask, AskingRubric, Limits, MeasuringRubric, Outcome, Value, Why, hash_of
from judging.rubrics.registry import get_rubric
from judging.spend import Purse
from labeling.jobs.context import JobContext, JobFailed
from labeling.models import Bundle
from labeling.protocol.outcome import ProtocolError

# Replies are stored together as they come, at least this often: a worker that dies loses no more than that.
STORE_EVERY_S, STORE_AT_MOST = 0.5, 64
# So many questions in a row without any reply are the backend's fault.
SEVERAL = 4
Question = tuple[Unit, Ask]
Replied = tuple[Unit, Ask, Reply]


def judge_batch(context: JobContext) -> None:
    """Judge what is missing of the batch of the params, whoever began with it, and hand out the next one.

    Cancelled, it leaves the batch to others; a backend that does not work holds the whole run back.
    """
    batch = RunBatch.objects.select_related("run__judge", "run__project").get(pk=context.params["batch"])
    run = batch.run
    if batch.state == RunBatch.State.TAKEN and batch.job_id == context.job_id and run.state == JudgeRun.State.RUNNING:
        require_rubric(run)
        try:
            is_done = do_batch(context, run, batch)
        except JudgeUnavailable as problem:
            give_back(context, batch, str(problem))
        else:
            finish_batch(context, batch) if is_done else give_back(context, batch)
    advance_run(run.pk)


def require_rubric(run: JudgeRun) -> None:
    """Raise JobFailed where the rubric has changed since this version of the judge was made."""
    try:
        check_rubric(run.judge)
    except ProtocolError as refusal:
        raise JobFailed(refusal.text, refusal.values) from refusal


def do_batch(context: JobContext, run: JudgeRun, batch: RunBatch) -> bool:
    """Judge what is missing of a batch; False if somebody asked to stop before all was done. Raises JudgeUnavailable."""
    rubric = get_rubric(run.judge.rubric)
    if isinstance(rubric, MeasuringRubric):
        return MeasuringWork(context, run, batch).measure(rubric)
    return AskingWork(context, run, batch, rubric).ask()


class BatchWork:
    """One attempt at a batch."""

    def __init__(self, context: JobContext, run: JudgeRun, batch: RunBatch) -> None:
        self.context, self.run, self.batch = context, run, batch
        self.parts: list[str] = run.judge.parts
        self.asked_at = 0.0

    def must_stop(self) -> bool:
        """Whether somebody cancelled the job, paused or cancelled the run, or the money is spent; asked twice a second at most."""
        now = time.monotonic()
        if now - self.asked_at < STORE_EVERY_S:
            return self.context.was_cancelled
        self.asked_at = now
        if self.context.cancelled():
            return True
        if not JudgeRun.objects.filter(pk=self.run.pk, state=JudgeRun.State.RUNNING).exists():
            self.context.was_cancelled = True
        return self.context.was_cancelled


class MeasuringWork(BatchWork):
    """An attempt by plain code."""

    def measure(self, rubric: MeasuringRubric) -> bool:
        """Measure one bundle after the other; False if somebody asked to stop before all was done."""
        part, materials = self.parts[0], load_materials(self.batch.bundles)
        scored = find_scored(self.run.judge, self.batch.bundles)
        for number, material in enumerate(materials, 1):
            if self.must_stop():
                return False
            unit = Unit(material=material, part=part, sample=None, inputs=hash_material(material))
            if not is_measured(material, part, unit.inputs, scored):
                store(self.context, self.run, [], [Scored(unit=unit, values=list(rubric.measure(material)))], [])
            self.context.progress(number, len(materials))
        return True


class AskingWork(BatchWork):
    """An attempt by asking a model."""

    def __init__(self, context: JobContext, run: JudgeRun, batch: RunBatch, rubric: AskingRubric) -> None:
        super().__init__(context, run, batch)
        self.rubric = rubric
        self.purse = Purse(run)
        # Replies that never came, in all and one after the other, and what was said of the last one.
        self.unanswered = self.in_a_row = 0
        self.last_problem = ""

    def ask(self) -> bool:
        """Ask what is missing; False if somebody asked to stop before all was done."""
        limits = limits_of(self.run)
        materials = load_materials(self.batch.bundles)
        units = [unit for material in materials for unit in list_units(self.rubric, self.parts, material, limits)]
        with closing(make_backend(self.run, name_asks(units))) as backend:
            return self.ask_all(backend, units)

    def ask_all(self, backend: Backend, units: Sequence[Unit]) -> bool:
        """Ask what is left to ask, and score each unit once all its replies are there."""
        calls = find_calls(self.run.judge, self.batch.bundles)
        scored = find_scored(self.run.judge, self.batch.bundles)
        waiting = {unit: left_to_ask(unit, calls, self.run) for unit in units}
        ready = [unit for unit in units if not waiting[unit] and not is_scored(unit, scored)]
        for at in range(0, len(ready), STORE_AT_MOST):
            store(self.context, self.run, [], [self.score(unit, calls) for unit in ready[at : at + STORE_AT_MOST]], [])
        todo = [(unit, ask) for unit in units for ask in waiting[unit]]
        done = 0
        for group in self.answer(backend, todo):
            self.keep(group, waiting, calls)
            done += len(group)
            self.context.progress(done, len(todo))
        if self.unanswered and not self.context.was_cancelled:
            raise JudgeUnavailable(self.last_problem)
        return done == len(todo)

    def answer(self, backend: Backend, todo: Sequence[Question]) -> Iterator[list[Replied]]:
        """The replies in groups as they come, until all are there, the money is spent, or somebody asks to stop.

        Raises JudgeUnavailable where the backend does not work, after the replies that came before.
        """
        group: list[Replied] = []
        since = time.monotonic()
        for slice_ in self.purse.slices(todo):
            try:
                for replied in self.answer_slice(backend, slice_):
                    group.append(replied)
                    if len(group) >= STORE_AT_MOST or time.monotonic() - since > STORE_EVERY_S:
                        yield group
                        group, since = [], time.monotonic()
            except JudgeUnavailable:
                if group:
                    yield group
                raise
            if self.context.was_cancelled:
                break
            if group and self.purse.counts:
                yield group
                group, since = [], time.monotonic()
        if group:
            yield group

    def answer_slice(self, backend: Backend, slice_: Sequence[Question]) -> Iterator[Replied]:
        """The replies to some questions, without those that never came; ends at once when somebody asks to stop."""
        if self.must_stop():
            return
        with closing(backend.answer_each([ask for _unit, ask in slice_])) as replies:
            for index, reply in replies:
                if self.came(reply):
                    yield (*slice_[index], reply)
                if self.must_stop():
                    return

    def came(self, reply: Reply) -> bool:
        """Whether a reply came at all. A question that got none stays unasked; several in a row are the backend's fault."""
        if reply.why != Why.UNAVAILABLE:
            self.in_a_row = 0
            return True
        self.unanswered, self.in_a_row, self.last_problem = self.unanswered + 1, self.in_a_row + 1, reply.detail
        if self.in_a_row >= SEVERAL:
            raise JudgeUnavailable(reply.detail)
        return False

    def keep(self, group: Sequence[Replied], waiting: dict[Unit, list[Ask]], calls: dict[Key, Call]) -> None:
        """Store some replies, and the scores of the units that are complete with them."""
        answered = [Answered(material=unit.material, ask=ask, reply=reply) for unit, ask, reply in group]
        rows = [make_call(self.run, item) for item in answered]
        self.purse.spend(rows)
        complete = []
        for (unit, ask, _reply), row in zip(group, rows, strict=True):
            calls[key_of(unit.material, ask)] = row
            waiting[unit].remove(ask)
            if not waiting[unit]:
                complete.append(unit)
        store(self.context, self.run, answered, [self.score(unit, calls) for unit in complete], rows)

    def score(self, unit: Unit, calls: dict[Key, Call]) -> Scored:
        """The values of a unit whose replies are all there, or of one that cannot be asked."""
        if unit.why is not None:
            return Scored(
                unit=unit,
                values=[Value(concept=name, sample=unit.sample, value=None, why=unit.why) for name in self.rubric.concepts_of(unit.part)],
            )
        outcomes = [read_outcome(calls[key_of(unit.material, ask)]) for ask in unit.asks]
        return Scored(unit=unit, values=self.rubric.score(unit.material, unit.part, unit.sample, outcomes))


def read_outcome(call: Call) -> Outcome:
    """What a stored call says: its parsed reply, with the probability off the logits where there is one, or why there is nothing."""
    if call.parsed is None:
        return Why(call.why)
    parsed: dict[str, Any] = call.parsed
    return parsed if call.probability is None else {**parsed, "logit_probability": call.probability}


def hash_material(material: Material) -> str:
    """The hash of all that plain code looks at."""
    shown = [picture.sha256 for picture in (*material.references, *material.sources)]
    own = [[sample.key, sample.number, sample.picture.sha256] for sample in material.samples]
    return hash_of([material.task_version, shown, own])


def make_backend(run: JudgeRun, names: Mapping[int, Mapping[str, Any]]) -> Backend:
    """The backend of the judge of a run; `names` tells what each question is about, by its identity, for stored replies.

    Raises JudgeUnavailable if it cannot be made on this machine.
    """
    from judging.backends.registry import make_backend

    return make_backend(run.judge.backend, run.judge.config, lambda ask: names.get(id(ask)))


def name_asks(units: Sequence[Unit]) -> dict[int, dict[str, Any]]:
    """What each question is about, in words that mean the same everywhere, by the identity of the question."""
    rows = Bundle.objects.filter(pk__in={unit.material.key for unit in units})
    generators = dict(rows.values_list("pk", "generator__slug"))
    named: dict[int, dict[str, Any]] = {}
    for unit in units:
        places = {sample.key: {"deliverable": sample.number, "sample": sample.sample} for sample in unit.material.samples}
        name = {"generator": generators[unit.material.key], "task_id": unit.material.task_id, **places.get(unit.sample or 0, {})}
        named |= {id(ask): name for ask in unit.asks}
    return named


def limits_of(run: JudgeRun) -> Limits:
    """What one request of the judge takes."""
    config = run.judge.config
    return Limits(pictures=int(config.get("pictures", Limits.pictures)), side_px=config.get("side_px"))
