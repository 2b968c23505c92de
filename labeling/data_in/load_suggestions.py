"""Importing what a model suggests, as JSONL; the unit is some hundred lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from labeling.data_in.codes import Code
from labeling.data_in.import_source import open_label_file
from labeling.data_in.json_text import read_json_lines
from labeling.data_in.load_candidates import list_tasks
from labeling.data_in.looks_like import name_lines
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, make_line, warn
from labeling.data_in.suggestion_file import SuggestionKey, SuggestionRow, read_suggestions
from labeling.data_in.units import Import, Unit, make_report_lines
from labeling.models import Candidate, Generator, Image, JobLine, Project, Suggestion
from labeling.protocol.suggestions import put_to_use
from labeling.protocol.trained import find_trained

AT_ONCE = 500
KEPT = [JobLine.Outcome.CREATED, JobLine.Outcome.UNCHANGED]
# A candidate of the project in the words of the file.
Name = tuple[str, str, int, int]


def load_suggestions(work: Import) -> None:
    """Keep what a model version says about images that are here; nothing it said before is ever overwritten.

    The first version of a project is put to use, as nobody would see a suggestion otherwise; a later one where `use` asks for it.
    """
    with open_label_file(work.context.params["source"]) as (name, stream):
        looks_like = name_lines(stream)
        if looks_like is not None and looks_like.code != Code.LOOKS_LIKE_SUGGESTIONS:
            raise looks_like.at(Place(file=name))
        stream.seek(0)
        found = read_suggestions(read_json_lines(stream, Place(file=name)), list_tasks(work.project))
    work.report_read(found.lines)
    if not found.rows:
        raise ImportProblem(Code.NO_SUGGESTIONS)
    parts = [found.rows[start : start + AT_ONCE] for start in range(0, len(found.rows), AT_ONCE)]
    units = [
        Unit(name=f"lines {part[0].place.line} to {part[-1].place.line}", write=partial(write_part, work.project, part)) for part in parts
    ]
    if work.run_units(units) and not work.dry_run and work.job.lines.filter(outcome__in=KEPT).exists():
        work.context.report(make_report_lines("use", report_use(work, found.versions)))


def report_use(work: Import, versions: Sequence[str]) -> list[Line]:
    """Put a version that was just imported to use where that is called for, and say which one is."""
    newest = versions[-1]
    if newest in find_trained(work.project.pk):
        return [warn(Code.VERSION_TRAINED_HERE, Place(record=newest), version=newest)]
    if put_to_use(work.project, newest, work.actor, instead=bool(work.context.params.get("use"))):
        return [warn(Code.VERSION_USED, Place(record=newest), version=newest)]
    used = Project.objects.values_list("model_version", flat=True).get(pk=work.project.pk)
    return [] if used in versions else [warn(Code.VERSION_NOT_USED, Place(record=newest), version=newest, used=used)]


def write_part(project: Project, rows: Sequence[SuggestionRow], _images: Mapping[str, Image] | None = None) -> list[Line]:
    """Store some suggestions; a line for each says what became of it. The caller's transaction keeps or undoes them together."""
    # One import of a project at a time looks for what is there and adds the rest.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    candidates = find_candidates(project, rows)
    stored, trained = find_stored(rows, candidates), find_trained(project.pk)
    new: list[Suggestion] = []
    lines = []
    for row in rows:
        candidate = candidates.get(name_of(row.key))
        if candidate is None or candidate.image_id is None:
            lines.append(refuse(project, row, candidate))
            continue
        known = stored.get((candidate.pk, candidate.image_id, row.key.model_version))
        if known is None and row.key.model_version in trained:
            lines.append(
                make_line(Outcome.REJECTED, Code.SPEAKS_AS_TRAINED, row.place.inside("model_version"), version=row.key.model_version)
            )
            continue
        if known is None:
            new.append(make_suggestion(project, candidate.pk, candidate.image_id, row))
        lines.append(tell(row, known))
    Suggestion.objects.bulk_create(new)
    return lines


def refuse(project: Project, row: SuggestionRow, candidate: Candidate | None) -> Line:
    """Why nothing can be kept about what a row names."""
    if candidate is not None:
        return make_line(Outcome.REJECTED, Code.NO_IMAGE_HERE, row.place)
    slugs = Generator.objects.filter(bundles__task__project=project).order_by("slug").values_list("slug", flat=True).distinct()
    known = list(slugs)
    if row.key.generator in known:
        return make_line(Outcome.REJECTED, Code.NO_SUCH_CANDIDATE, row.place)
    place = row.place.inside("generator")
    return make_line(Outcome.REJECTED, Code.UNKNOWN_GENERATOR, place, found=row.key.generator, known=", ".join(known))


def tell(row: SuggestionRow, known: Suggestion | None) -> Line:
    """What becomes of a row about an image of which the version has said `known` before."""
    if known is None:
        return make_line(Outcome.CREATED, None, row.place)
    if (known.p_accept, known.concepts) == (row.p_accept, dict(row.concepts)):
        return make_line(Outcome.UNCHANGED, None, row.place)
    return make_line(Outcome.CONFLICT, Code.SUGGESTION_DIFFERS, row.place, known=f"{known.p_accept:g}")


def make_suggestion(project: Project, candidate: int, image: int, row: SuggestionRow) -> Suggestion:
    """A row of the file as it is stored, about a candidate and an image."""
    return Suggestion(
        project=project,
        candidate_id=candidate,
        image_id=image,
        model_version=row.key.model_version,
        p_accept=row.p_accept,
        concepts=dict(row.concepts),
    )


def name_of(key: SuggestionKey) -> Name:
    """Which candidate a key means."""
    return key.generator, key.task_id, key.deliverable, key.sample


def find_candidates(project: Project, rows: Sequence[SuggestionRow]) -> dict[Name, Candidate]:
    """The candidates that `rows` speak of, by name."""
    tasks, generators = {row.key.task_id for row in rows}, {row.key.generator for row in rows}
    here = Candidate.objects.filter(project=project, bundle__task__external_id__in=tasks, bundle__generator__slug__in=generators)
    found = here.select_related("bundle__task", "bundle__generator", "deliverable").order_by("pk")
    return {(row.bundle.generator.slug, row.bundle.task.external_id, row.deliverable.number, row.sample): row for row in found}


def find_stored(rows: Sequence[SuggestionRow], candidates: Mapping[Name, Candidate]) -> dict[tuple[int, int, str], Suggestion]:
    """What the versions of `rows` have said about these candidates, by candidate, image and version."""
    ids = [candidate.pk for candidate in candidates.values()]
    versions = {row.key.model_version for row in rows}
    known = Suggestion.objects.filter(candidate__in=ids, model_version__in=versions)
    return {(row.candidate_id, row.image_id, row.model_version): row for row in known}
