"""Importing what a judge elsewhere said, as JSONL; the unit is some hundred lines, whole bundles of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from django.db.models import Count
from django.db.models.functions import Now

from judging.data_in.score_bundle import Added, Key, Stand, compare
from judging.data_in.score_detail import Found
from judging.data_in.score_fields import OF_BUNDLE
from judging.data_in.score_file import ScoredBundle, ScoredTask, ScoreKey, ScoreList, ScoreRow, read_scores
from judging.models import Judge, Score
from judging.models.judge import NAME_LENGTH
from judging.protocol.imported_judges import VersionWanted, find_imported_judge, make_imported_judge
from labeling.among import Ids
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_text
from labeling.data_in.import_source import open_label_file
from labeling.data_in.json_text import read_json_lines
from labeling.data_in.looks_like import name_lines
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line
from labeling.data_in.units import Import, Unit
from labeling.models import Candidate, Generator, Image, Project, Task

AT_ONCE = 500


def load_scores(work: Import) -> None:
    """Keep what a judge said about candidates that are here; nothing that its version said before is ever overwritten."""
    params = work.context.params
    name = check_text(params.get("judge"), Place(field="judge"), NAME_LENGTH)
    found = read_file(work)
    work.report_read(found.lines)
    if not found.bundles:
        raise ImportProblem(Code.NO_SCORES)
    wanted = VersionWanted(
        project=work.project,
        lead=work.actor,
        name=name,
        rubric=found.rubric,
        since=work.job.created_at,
        new_for=str(work.job.public_id) if params.get("new_version") else "",
    )
    parts = list(divide(found.bundles))
    work.run_units([Unit(name=name_part(part), write=partial(write_part, wanted, part)) for part in parts])


def read_file(work: Import) -> ScoreList:
    """The scores of the file that the job names. Raises ImportProblem for a file of something else."""
    with open_label_file(work.context.params["source"]) as (name, stream):
        looks_like = name_lines(stream)
        stream.seek(0)
        found = read_scores(read_json_lines(stream, Place(file=name)), list_scored_tasks(work.project))
    if looks_like is not None and not found.bundles:
        raise looks_like.at(Place(file=name))
    return found


def list_scored_tasks(project: Project) -> dict[str, ScoredTask]:
    """What the reader must know of the project's tasks."""
    rows = Task.objects.filter(project=project).annotate(told=Count("points")).values_list("external_id", "quantity", "told")
    return {task_id: ScoredTask(quantity=quantity, points=points) for task_id, quantity, points in rows}


def divide(bundles: Sequence[ScoredBundle]) -> Iterator[list[ScoredBundle]]:
    """The bundles in parts of about `AT_ONCE` lines; a bundle stays whole."""
    part: list[ScoredBundle] = []
    for bundle in bundles:
        if part and sum(len(one.rows) for one in part) + len(bundle.rows) > AT_ONCE:
            yield part
            part = []
        part.append(bundle)
    if part:
        yield part


def name_part(part: Sequence[ScoredBundle]) -> str:
    """The name of a part: its first and last bundle."""
    return f"{part[0].record} … {part[-1].record}"


def write_part(wanted: VersionWanted, bundles: Sequence[ScoredBundle], _images: Mapping[str, Image] | None = None) -> list[Line]:
    """Store the scores of some bundles; a line for each line of the file says what became of it.

    The caller's transaction keeps or undoes them together, and with them the judge version if they are the first of it.
    """
    # One import of a project at a time looks for what is there and adds the rest.
    Project.objects.select_for_update(no_key=True).get(pk=wanted.project.pk)
    judge = find_imported_judge(wanted)
    candidates = find_candidates(wanted.project, bundles)
    stands = make_stands(candidates.values(), find_stored(judge, {row.bundle_id for row in candidates.values()}))
    added = []
    for bundle in bundles:
        items = [Found(row=row, candidate=candidates[row.key]) for row in bundle.rows if row.key in candidates]
        if items:
            shared = {concept for concept in OF_BUNDLE if len(bundle.values_of(concept)) == 1}
            added.append(compare(items, stands[items[0].candidate.bundle_id], shared))
    write_scores(wanted, judge, added)
    return [*refuse_unknown(wanted.project, bundles, candidates), *(line for one in added for line in one.lines)]


def make_stands(candidates: Iterable[Candidate], stored: Mapping[int, Mapping[Key, Score]]) -> dict[int, Stand]:
    """What is there of each bundle, by its id."""
    by_bundle: dict[int, list[Candidate]] = defaultdict(list)
    for row in candidates:
        by_bundle[row.bundle_id].append(row)
    return {pk: Stand(pk, rows[0].bundle.task.version, rows, stored.get(pk, {})) for pk, rows in by_bundle.items()}


def write_scores(wanted: VersionWanted, judge: Judge | None, added: Sequence[Added]) -> None:
    """Write new scores, with the first ones the judge version, and let go of those whose place they take."""
    new = [score for one in added for score in one.new]
    if not new:
        return
    judge = judge or make_imported_judge(wanted)
    for score in new:
        score.judge = judge
    if old := {pk for one in added for pk in one.superseded}:
        Score.objects.filter(pk__among=Ids(old)).update(superseded_at=Now())
    Score.objects.bulk_create(new)


def refuse_unknown(project: Project, bundles: Sequence[ScoredBundle], candidates: Mapping[ScoreKey, Candidate]) -> list[Line]:
    """A line for each line of the file that is about no candidate of the project."""
    unknown = [row for bundle in bundles for row in bundle.rows if row.key not in candidates]
    if not unknown:
        return []
    known = list(Generator.objects.filter(bundles__task__project=project).order_by("slug").values_list("slug", flat=True).distinct())
    return [refuse(row, known) for row in unknown]


def refuse(row: ScoreRow, known: Sequence[str]) -> Line:
    """Why nothing can be kept about what a line names; `known` are the generators of the project."""
    if row.key.generator in known:
        return make_line(Outcome.REJECTED, Code.NO_SUCH_CANDIDATE, row.place)
    place = row.place.inside("model")
    return make_line(Outcome.REJECTED, Code.UNKNOWN_GENERATOR, place, found=row.key.generator, known=", ".join(known))


def find_candidates(project: Project, bundles: Sequence[ScoredBundle]) -> dict[ScoreKey, Candidate]:
    """All candidates of these bundles, by their names."""
    tasks, generators = {bundle.task_id for bundle in bundles}, {bundle.generator for bundle in bundles}
    here = Candidate.objects.filter(project=project, bundle__task__external_id__in=tasks, bundle__generator__slug__in=generators)
    rows = here.select_related("bundle__task", "bundle__generator", "deliverable", "image").order_by("pk")
    return {name_of(row): row for row in rows}


def name_of(row: Candidate) -> ScoreKey:
    """A candidate in the words of a file."""
    bundle = row.bundle
    return ScoreKey(generator=bundle.generator.slug, task_id=bundle.task.external_id, deliverable=row.deliverable.number, sample=row.sample)


def find_stored(judge: Judge | None, bundles: set[int]) -> dict[int, dict[Key, Score]]:
    """What the version has said of these bundles, by bundle; empty where there is no version yet."""
    found: dict[int, dict[Key, Score]] = defaultdict(dict)
    if judge is not None:
        # In order, SQLite would read all that the judge has ever said.
        for score in Score.objects.current().filter(judge=judge, bundle__among=Ids(bundles)).order_by():
            found[score.bundle_id][score.candidate_id or 0, score.concept] = score
    return found
