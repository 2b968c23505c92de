"""The job that judges one batch of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.load_material import load_materials
from judging.material import Material
from judging.models import Call, JudgeRun, RunBatch
from judging.protocol.advance import advance_run, hold_back
from judging.protocol.finish import finish_batch, give_back
from judging.questions import Key, Unit, find_calls, find_scored, is_scored, key_of, left_to_ask, list_units
from judging.record import Answered, Scored, make_call, store
from judging.rubrics.base import Ask, Limits, Outcome, Value, Why, hash_of
from judging.rubrics.registry import get_rubric
from judging.spend import Purse
from labeling.jobs.context import JobContext
from labeling.models import Bundle

# Replies are stored together as they come, at least this often: a worker that dies loses no more than that.
STORE_EVERY_S, STORE_AT_MOST = 0.5, 64
SEVERAL = 4


def judge_batch(context: JobContext) -> None:
    """Judge what is missing of the batch of the params, whoever began with it, and hand out the next one.

    Cancelled, it leaves the batch to others; a backend that does not work holds the whole run back.
    """
    batch = RunBatch.objects.select_related("run__judge", "run__project").get(pk=context.params["batch"])
    run = batch.run
    if batch.state == RunBatch.State.TAKEN and batch.job_id == context.job_id and run.state == JudgeRun.State.RUNNING:
        try:
            is_done = BatchWork(context, run, batch).do()
        except JudgeUnavailable as problem:
            give_back(context, batch)
            hold_back(run.pk, str(problem))
            return
        finish_batch(context, batch) if is_done else give_back(context, batch)
    advance_run(run.pk)


class BatchWork:
    """One attempt at a batch."""

    def __init__(self, context: JobContext, run: JudgeRun, batch: RunBatch) -> None:
        self.context, self.run, self.batch = context, run, batch
        self.rubric = get_rubric(run.judge.rubric)
        self.parts: list[str] = run.judge.parts
        self.purse = Purse(run)
        self.asked_at = 0.0

    def do(self) -> bool:
        """Judge; False if somebody asked to stop before all was done."""
        materials = load_materials(self.batch.bundles)
        if not self.rubric.asks_model:
            return self.measure(materials)
        limits = limits_of(self.run)
        units = [unit for material in materials for unit in list_units(self.rubric, self.parts, material, limits)]
        with closing(make_backend(self.run, name_asks(units))) as backend:
            return self.ask_all(backend, units)

    def measure(self, materials: Sequence[Material]) -> bool:
        """Let plain code judge, one bundle at a time."""
        part = self.parts[0]
        scored = find_scored(self.run.judge, self.batch.bundles)
        for number, material in enumerate(materials, 1):
            if self.must_stop():
                return False
            unit = Unit(material=material, part=part, sample=None, inputs=hash_material(material))
            if {inputs for (bundle, _, _), inputs in scored.items() if bundle == material.key} != {unit.inputs}:
                store(self.context, self.run, [], [Scored(unit=unit, values=list(self.rubric.measure(material)))], [])
            self.context.progress(number, len(materials))
        return True

    def ask_all(self, backend: Backend, units: Sequence[Unit]) -> bool:
        """Ask what is left to ask, and score each unit once all its replies are there."""
        calls = find_calls(self.run.judge, self.batch.bundles)
        scored = find_scored(self.run.judge, self.batch.bundles)
        waiting = {unit: left_to_ask(unit, calls, self.run.retries_unusable) for unit in units}
        ready = [unit for unit in units if not waiting[unit] and not is_scored(unit, scored)]
        store(self.context, self.run, [], [self.score(unit, calls) for unit in ready], [])
        todo = [(unit, ask) for unit in units for ask in waiting[unit]]
        done = 0
        for group in self.answer(backend, todo):
            self.keep(group, waiting, calls)
            done += len(group)
            self.context.progress(done, len(todo))
        return done == len(todo)

    def answer(self, backend: Backend, todo: Sequence[tuple[Unit, Ask]]) -> Iterator[list[tuple[Unit, Ask, Reply]]]:
        """The replies in groups as they come, until all are there, the money is spent or somebody asks to stop."""
        group: list[tuple[Unit, Ask, Reply]] = []
        since = time.monotonic()
        for slice_ in self.purse.slices(todo):
            if self.must_stop():
                break
            for index, reply in backend.answer_each([ask for _unit, ask in slice_]):
                group.append((*slice_[index], reply))
                if len(group) >= STORE_AT_MOST or time.monotonic() - since > STORE_EVERY_S:
                    yield group
                    group, since = [], time.monotonic()
            if group and self.purse.counts:
                yield group
                group, since = [], time.monotonic()
        if group:
            yield group

    def keep(self, group: Sequence[tuple[Unit, Ask, Reply]], waiting: dict[Unit, list[Ask]], calls: dict[Key, Call]) -> None:
        """Store some replies, and the scores of the units that are complete with them."""
        require_answers([reply for _unit, _ask, reply in group])
        answered = [Answered(material=unit.material, ask=ask, reply=reply) for unit, ask, reply in group]
        rows = [make_call(self.run, item) for item in answered]
        self.purse.spend(sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0)), len(rows))
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


def require_answers(replies: Sequence[Reply]) -> None:
    """Raise JudgeUnavailable where not one of several questions was answered: then it is the backend, not the questions."""
    if len(replies) >= SEVERAL and all(reply.why == Why.UNAVAILABLE for reply in replies):
        raise JudgeUnavailable(replies[0].detail)


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
        numbers = {sample.key: sample.number for sample in unit.material.samples}
        name = {"generator": generators[unit.material.key], "task_id": unit.material.task_id, "deliverable": numbers.get(unit.sample or 0)}
        named |= {id(ask): name for ask in unit.asks}
    return named


def limits_of(run: JudgeRun) -> Limits:
    """What one request of the judge takes."""
    config = run.judge.config
    return Limits(pictures=int(config.get("pictures", Limits.pictures)), side_px=config.get("side_px"))
