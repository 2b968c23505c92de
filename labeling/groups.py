"""Which tasks belong together, and which of them are the side on which models are tested.

Tasks that share a brief or a picture are one group: a model that has learned from one of them has seen what another one asks for. The side
of a group is drawn once, when its first task is imported, and never again (docs/snapshots.md).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from labeling.models import Task
from labeling.prepared import fetch_rows, open_cursor

# Asked and written for every task of an import; Django takes longer to put them together than the database to answer.
KNOWN = (
    'SELECT t."group", t.is_test_side FROM labeling_groupkey k JOIN labeling_task t ON t.id = k.task_id'
    " WHERE k.project_id = %s AND k.key IN ({keys}) ORDER BY t.is_test_side DESC, t.id LIMIT 1"
)
WRITE = "INSERT INTO labeling_groupkey (project_id, task_id, key) VALUES (%s, %s, %s)"

# Of all groups. A tenth is what splits usually hold back; with the 16 generators of ServImageBench it comes to some 3,300 candidates, which
# tells two models apart, and 300 of them, which a gate needs at least, are there with 2 generators.
TEST_SHARE = 0.1


def keys_of_task(name: str, brief: str, images: Iterable[str]) -> frozenset[str]:
    """What a task shares with others of its group: its name and brief, spaces and case apart, and the SHA-256 of each of its images.

    Without a brief the name alone says too little: it may be one word.
    """
    text = " ".join(unicodedata.normalize("NFKC", f"{name}\n{brief}").casefold().split())
    return frozenset({*images, *([hash_text(text)] if brief.strip() else [])})


def name_group(task_id: str, keys: Iterable[str]) -> str:
    """The name of the group that begins with a task: the hash of its first key, or of its id where it has none."""
    return hash_text(f"group {min(keys, default=task_id)}")


def is_on_test_side(seed: int, group: str) -> bool:
    """Whether a group of the project with this seed is on the test side: the same wherever it is worked out."""
    digest = hashlib.sha256(f"{seed} test side {group}".encode()).digest()
    return int.from_bytes(digest[:6], "big") < TEST_SHARE * (1 << 48)


def assign_side(task: Task, keys: frozenset[str]) -> None:
    """Give a new task, not yet stored, the group and the side of the tasks that share a key with it, or a group of its own.

    Of several groups that it joins the test side wins, then the earliest: nobody has seen a suggestion about a task that is new. The others
    stay where they are, and snapshots leave those out that touch the test side. The caller holds the lock of the project.
    """
    known = fetch_rows(KNOWN.format(keys=", ".join(["%s"] * len(keys))), [task.project_id, *keys]) if keys else []
    if known:
        task.group, task.is_test_side = known[0][0], bool(known[0][1])
        return
    task.group = name_group(task.external_id, keys)
    task.is_test_side = is_on_test_side(task.project.seed, task.group)


def write_keys(task: Task, keys: frozenset[str]) -> None:
    """Store the keys of a task."""
    with open_cursor() as cursor:
        cursor.executemany(WRITE, [(task.project_id, task.pk, key) for key in sorted(keys)])


def hash_text(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
