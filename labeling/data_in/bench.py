"""Reading ServImageBench: three JSON files with their reference and source images.

The layout and every known fault of the published files are those of the benchmark's first release:
`C-<Category>/<Category>.json`, `C-<Category>/refs/task_<n>/<k>.<ext>`, `C-<Category>/inputs/task_<n>/<k>.<ext>`.
"""

from __future__ import annotations

from labeling.data_in.bench_images import TaskImages, find_images
from labeling.data_in.bench_record import parse_task
from labeling.data_in.bench_values import CATEGORIES, Bench, BenchTask, CategoryName
from labeling.data_in.codes import Code
from labeling.data_in.json_text import name_type, parse_json
from labeling.data_in.problem import ImportProblem, Line, Place, reject, warn
from labeling.data_in.same_content import find_same_briefs, find_shared_images
from labeling.data_in.sources import SourceTree, read_file

MAX_FILE_BYTES = 256 * 1024**2


def read_bench(tree: SourceTree) -> Bench:
    """Every usable task below `tree`, wherever in it the three category folders lie.

    Nothing stops the reading: a file, record, value or image that is unusable becomes a line and the rest goes on.
    """
    tasks: dict[str, BenchTask] = {}
    lines = list(tree.problems)
    missing: list[Line] = []
    for category in CATEGORIES:
        try:
            file = _find_file(tree, category)
        except ImportProblem as problem:
            (missing if problem.code == Code.MISSING_FILE else lines).append(problem.as_line())
            continue
        try:
            records = _read_records(tree, file)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        found = _parse_records(records, category, Place(file=file), set(tasks), lines)
        folder = file.rpartition("/")[0]
        tasks |= {task.task_id: task for task in _add_images(tree, folder, category, found, lines)}
    # Whoever brings one category of three leaves the others out on purpose; whoever brings none does not.
    lines += missing if len(missing) == len(CATEGORIES) else [warn(Code.NO_CATEGORY, Place(file=line.file)) for line in missing]
    lines += [*find_same_briefs(tasks.values()), *find_shared_images(tree, tasks.values())]
    return Bench(tasks=tuple(tasks.values()), lines=tuple(lines))


def _find_file(tree: SourceTree, category: CategoryName) -> str:
    """The name of the category's JSON file; the tree may begin at any folder above it."""
    wanted = f"C-{category}/{category}.json"
    places = [name for name in tree.names if f"/{name}".endswith(f"/{wanted}")]
    if not places:
        raise ImportProblem(Code.MISSING_FILE, Place(file=wanted))
    if len(places) > 1:
        raise ImportProblem(Code.AMBIGUOUS_FILE, Place(file=wanted), places=", ".join(places[:5]))
    return places[0]


def _read_records(tree: SourceTree, file: str) -> list[object]:
    place = Place(file=file)
    records = parse_json(read_file(tree, file, MAX_FILE_BYTES), place)
    if not isinstance(records, list):
        raise ImportProblem(Code.WRONG_TYPE, place, wanted="list", found=name_type(records))
    return records


def _parse_records(records: list[object], category: CategoryName, place: Place, taken: set[str], lines: list[Line]) -> list[BenchTask]:
    tasks = []
    for index, raw in enumerate(records):
        # Until its id is known, a record goes by its place in the file.
        here = place.at(record=f"[{index}]")
        try:
            task, more = parse_task(raw, category, here)
        except ImportProblem as problem:
            lines.append(problem.as_line())
            continue
        if task.task_id in taken:
            lines.append(reject(Code.DUPLICATE_TASK, here.at(record=task.task_id)))
            continue
        taken.add(task.task_id)
        tasks.append(task)
        lines += more
    return tasks


def _add_images(tree: SourceTree, folder: str, category: CategoryName, tasks: list[BenchTask], lines: list[Line]) -> list[BenchTask]:
    task_ids = {task.task_id for task in tasks}
    references = find_images(tree, f"{folder}/refs", category, task_ids)
    sources = find_images(tree, f"{folder}/inputs", category, task_ids)
    lines += references.lines + sources.lines
    lines += _report_folder(references, f"{folder}/refs", len(tasks))
    complete = [task.with_images(references.by_task.get(task.task_id, ()), sources.by_task.get(task.task_id, ())) for task in tasks]
    place = Place(file=f"{folder}/inputs")
    lines += [warn(Code.SOURCE_MISSING, place.at(record=task.task_id)) for task in complete if task.source_missing]
    return complete


def _report_folder(images: TaskImages, folder: str, tasks: int) -> list[Line]:
    return [] if images.has_folder or not tasks else [warn(Code.NO_FOLDER, Place(file=folder), folder=folder, tasks=tasks)]
