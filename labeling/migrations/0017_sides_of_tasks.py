"""The groups of tasks that are there already, and their sides.

A group of which anybody may have seen a suggestion stays where models are trained, for good; the side of the others is drawn as that of new ones.
"""

import hashlib
import unicodedata
from collections import defaultdict

from django.db import migrations

# As labeling/groups.py had them when this was written: what a database got with it stays, whatever that says later.
TEST_SHARE = 0.1

# On PostgreSQL triggers outlive migrations; the one of a release that was here before would refuse what this one decides. Made again afterwards.
DROP = "DROP TRIGGER IF EXISTS task_side_kept ON labeling_task"
WRITE = 'UPDATE labeling_task SET "group" = %s, is_test_side = %s WHERE id = %s'


def draw_sides(apps, schema_editor):
    """Group the tasks of one project after the other, and draw the sides."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(DROP)
    for project, seed in apps.get_model("labeling", "Project").objects.order_by("pk").values_list("pk", "seed"):
        write_project(apps, connection, project, seed)


def write_project(apps, connection, project, seed):
    """Write keys, groups and sides of the tasks of one project."""
    keys = read_keys(apps, project)
    seen = find_seen(apps, project)
    sides = dict(apps.get_model("labeling", "Task").objects.filter(project_id=project).values_list("pk", "is_test_side"))
    rows = []
    for tasks in join_tasks({pk: own for pk, (_name, own) in keys.items()}):
        name, own = keys[tasks[0]]
        group = name_group(name, own)
        is_test = not seen.intersection(tasks) and (is_on_test_side(seed, group) or any(sides[pk] for pk in tasks))
        rows += [(group, is_test, pk) for pk in tasks]
    row = apps.get_model("labeling", "GroupKey")
    row.objects.bulk_create(
        [row(project_id=project, task_id=pk, key=key) for pk, (_name, own) in keys.items() for key in sorted(own)], batch_size=500
    )
    with connection.cursor() as cursor:
        cursor.executemany(WRITE, rows)


def read_keys(apps, project):
    """The id in files and the keys of each task of the project by row id, in the order they were imported."""
    images = defaultdict(list)
    assets = apps.get_model("labeling", "Asset").objects.filter(task__project_id=project, image__isnull=False)
    for task, sha256 in assets.values_list("task_id", "image__sha256"):
        images[task].append(sha256)
    tasks = apps.get_model("labeling", "Task").objects.filter(project_id=project).order_by("pk")
    rows = tasks.values_list("pk", "external_id", "name", "brief")
    return {pk: (external_id, keys_of_task(name, brief, images[pk])) for pk, external_id, name, brief in rows}


def find_seen(apps, project):
    """The tasks about which somebody has seen a suggestion, or was to see one."""
    get = apps.get_model
    answers = get("labeling", "Answer").objects.filter(assignment__project_id=project).exclude(exposure="none")
    arms = get("labeling", "Assignment").objects.filter(project_id=project).exclude(arm="blind")
    draws = get("labeling", "Draw").objects.filter(project_id=project, is_control=False)
    return {
        *answers.values_list("assignment__candidate__bundle__task_id", flat=True).distinct(),
        *arms.values_list("candidate__bundle__task_id", flat=True).distinct(),
        *draws.values_list("candidate__bundle__task_id", flat=True).distinct(),
    }


def keys_of_task(name, brief, images):
    """What a task shares with others of its group."""
    text = " ".join(unicodedata.normalize("NFKC", f"{name}\n{brief}").casefold().split())
    return frozenset({*images, *([hash_text(text)] if brief.strip() else [])})


def name_group(task_id, keys):
    """The name of the group that begins with a task."""
    return hash_text(f"group {min(keys, default=task_id)}")


def is_on_test_side(seed, group):
    """Whether a group of the project with this seed is on the test side."""
    digest = hashlib.sha256(f"{seed} test side {group}".encode()).digest()
    return int.from_bytes(digest[:6], "big") < TEST_SHARE * (1 << 48)


def hash_text(text):
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def join_tasks(keys):
    """The tasks that share keys, directly or through others, each list in the order given."""
    parent = {pk: pk for pk in keys}

    def find(pk):
        while parent[pk] != pk:
            parent[pk] = pk = parent[parent[pk]]
        return pk

    first = {}
    for pk, own in keys.items():
        for key in own:
            one, other = find(first.setdefault(key, pk)), find(pk)
            # The earliest names the group.
            parent[max(one, other)] = min(one, other)
    groups = defaultdict(list)
    for pk in keys:
        groups[find(pk)].append(pk)
    return list(groups.values())


class Migration(migrations.Migration):
    dependencies = [("labeling", "0016_groups_of_tasks")]
    operations = [migrations.RunPython(draw_sides, migrations.RunPython.noop)]
