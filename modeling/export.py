"""A model as a folder that loads outside this site: its files, the modules it needs, and a page that says how."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from labeling.stored_texts import as_in_source
from modeling.card import CARD, make_card
from modeling.model_folder import MANIFEST, find_folder
from modeling.models import ModelVersion, Preset
from modeling.net.config import is_id

# What a program needs: asking with files, and asking with what it has in memory.
ENTRIES = ("modeling.net.predict", "modeling.net.asking")
# The packages of this site; every other one is installed.
OURS = ("annotation_site", "labeling", "judging", "modeling")
FORBIDDEN = ("django", "rest_framework", "celery")
LINES = """\
import sys
from pathlib import Path

folder = Path("{name}")  # this folder, wherever it lies
sys.path.insert(0, str(folder / "code"))
from modeling.net.asking import ask_about
from modeling.net.predict import load_model

model = load_model(folder / "model")
example = ask_about("A red poster with one circle.", Path("image.png"), price_usd=60.0, category="Digital")
print(model.predict([example])[0])
"""


def export_version(version: ModelVersion, out: Path) -> None:
    """Write the model into a new folder `out`. Raises ValueError where that is there, or where a module would bring the site along."""
    if out.exists():
        raise ValueError(f"{out} exists already; name a folder that is to be made")
    folder = find_folder(version.folder)
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"the model of {version.name} is not below SERVIMAGE_MODELS of this machine")
    modules = collect_modules(settings.BASE_DIR)
    shutil.copytree(folder, out / "model", ignore=shutil.ignore_patterns("resume", "cache", ".*", CARD))
    for file in modules:
        place = out / "code" / file.relative_to(settings.BASE_DIR)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    (out / CARD).write_text(make_card(version), encoding="utf-8")
    (out / "README.md").write_text(make_page(version, out.name), encoding="utf-8")


def collect_modules(base: Path, entries: tuple[str, ...] = ENTRIES) -> list[Path]:
    """The files of all modules of this site that the entries import, directly or not, also inside functions.

    Raises ValueError where one imports what only the site has.
    """
    found: dict[Path, None] = {}
    waiting = list(entries)
    while waiting:
        for file in files_of(base, waiting.pop()):
            if file in found:
                continue
            found[file] = None
            waiting += list_imports(file, base)
    return sorted(found)


def files_of(base: Path, module: str) -> Iterator[Path]:
    """The file of a module of this site and those of the packages around it; none for anything else."""
    parts = module.split(".")
    if parts[0] not in OURS:
        return
    for end in range(1, len(parts) + 1):
        place = base.joinpath(*parts[:end])
        if (place / "__init__.py").is_file():
            yield place / "__init__.py"
        elif place.with_suffix(".py").is_file():
            yield place.with_suffix(".py")


def list_imports(file: Path, base: Path) -> list[str]:
    """The modules that a file imports when it runs. Raises ValueError where one is the site's framework."""
    found: list[str] = []
    for node in walk_run(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # A name may be a module of the package, or something in it.
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    for name in found:
        if name.split(".")[0] in FORBIDDEN:
            raise ValueError(f"{file.relative_to(base)} imports {name}, which only the site has: the model cannot leave it")
    return found


def walk_run(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those below `if TYPE_CHECKING`, which no program runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from walk_run(other)
            continue
        yield node
        yield from walk_run(node)


def make_page(version: ModelVersion, name: str) -> str:
    """README.md of the folder."""
    needed = "torch, safetensors, numpy and Pillow"
    if version.run.preset != Preset.STATS:
        needed = f"{needed}, transformers and peft"
    what = as_in_source(Preset(version.run.preset).label)
    checkpoint, where = tell_checkpoint(version) if version.run.preset == Preset.QWEN else ("", "")
    return f"""# {version.name}

A version of ServImageModel ({what}) that was trained on the project {version.project.slug}. `card.md` says what it learned from,
how it did and where it ends.

It needs Python 3.11 or newer with {needed}; the versions it was made with stand in `model/manifest.json`.
Nothing is downloaded{checkpoint}.

```python
{LINES.format(name=name)}```

`p_accept` is the probability that the client accepts the image, `concepts` are sub-scores from 0 to 5 of those that apply.
`ask_about` also takes `references` and the `source` of an edit, as paths of JPEG, PNG or WebP files.
{where}"""


def tell_checkpoint(version: ModelVersion) -> tuple[str, str]:
    """What the page says of the Qwen3-VL checkpoint below a model: what is fetched, and how another place is named."""
    base = version.run.shown_config["backbone"]["path_or_id"]
    if is_id(base):
        fetched = f" but the checkpoint `{base}`, unless it is there already"
        return fetched, f'\nThe model stands on `{base}`; `load_model(folder / "model", base="...")` names another place of it.\n'
    lines = (
        f"The model stands on the Qwen3-VL checkpoint `{base}`, which lies in a folder of its own, not in this one: name it by",
        f'`load_model(folder / "model", base="/where/it/lies/{base}")`. Another checkpoint is refused.',
    )
    return "", "\n" + "\n".join(lines) + "\n"
