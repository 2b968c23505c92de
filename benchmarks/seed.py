"""Fills the empty database of a benchmark with any number of candidates, half of them finished, by a few statements.

    python -m benchmarks.seed CANDIDATES PEOPLE

Tasks, deliverables and points are as many and as long as in ServImageBench, for 16 generators, again and again until there are
enough. What is finished lies at the front of the queue's order and was answered by the same people who go on now.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.shape import GENERATORS, QUANTITIES  # noqa: E402
from labeling.models import (  # noqa: E402
    Answer,
    Asset,
    Assignment,
    Bundle,
    Candidate,
    Decision,
    Deliverable,
    EvaluationPoint,
    Event,
    Generator,
    Image,
    Project,
    Receipt,
    Task,
    TaskVersion,
    User,
    lane_of,
)
from labeling.triggers import drop_triggers, restore_triggers  # noqa: E402
from tests.crowd.seed import PASSWORD, SLUG  # noqa: E402
from tests.factories import make_person, make_project  # noqa: E402

BIG = (Task, TaskVersion, Deliverable, EvaluationPoint, Asset, Bundle, Candidate, Assignment, Event, Answer, Decision, Receipt, Image)
IMAGES = 1000
POINTS = 7
BRIEF = (
    "为文创品牌设计一张海报。要求:1、体现地域文化特色;2、标题清晰可读;3、风格可爱有趣,适合年轻消费群体;4、提供完整的应用效果图;5、确保原创性。"
    * 3
)
POINT = "海报体现地域文化特色,标题文字清晰可读,没有错别字"
RULES = [{"kind": "size", "boxes": [{"width": 1024, "height": 1024, "unit": "px"}]}]
# Of every 16 bundles of a task the places are a sixteenth of the range apart; the first one is spread by a large odd number.
PLACE = "(t.id * 2654435761 + g.n * (1099511627776 / 16)) % 1099511627776"
PLACES = 1 << 40


def seed(candidates: int, people: int, finished: float = 0.5) -> list[str]:
    """Make a project with about `candidates` of them, this share of them finished by `people`; return the names of these."""
    with transaction.atomic():
        project = make_project(slug=SLUG, name="Benchmark", undo_minutes=15)
        members = [make_person(project, username=f"crowd{number:02d}") for number in range(people)]
        User.objects.filter(pk__in=[person.pk for person in members]).update(password=make_password(PASSWORD))
    with unguarded(), without_indexes():
        make_tasks(project, round(candidates / (GENERATORS * sum(quantity * count for quantity, count in QUANTITIES.items()))) or 1)
        make_candidates(project, round(finished * PLACES))
        finish(project, members)
        reset_sequences()
    restore_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return [person.username for person in members]


def make_tasks(project: Project, copies: int) -> None:
    """`copies` times the tasks of ServImageBench with their deliverables, points and two references each."""
    quantities = [quantity for quantity, count in QUANTITIES.items() for _ in range(count)]
    Generator.objects.bulk_create(Generator(slug=f"generator-{n}", display_name=f"Generator {n}") for n in range(GENERATORS))
    Image.objects.bulk_create(Image(sha256=f"{n:064x}", format="JPEG", width=1024, height=1024, byte_size=1) for n in range(IMAGES))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE shape (n integer, quantity integer)")
        cursor.executemany("INSERT INTO shape VALUES (%s, %s)", list(enumerate(quantities)))
    numbered = f"shape s CROSS JOIN {numbers(copies)} k"
    insert(
        Task,
        numbered,
        id=f"k.n * {len(quantities)} + s.n + 1",
        project_id=str(project.pk),
        external_id=f"'digital-' || (k.n * {len(quantities)} + s.n)",
        category="'Digital'",
        name="'海报设计 ' || s.n",
        brief=f"'{BRIEF}'",
        price_usd="138.89",
        quantity="s.quantity",
    )
    insert(TaskVersion, "labeling_task t", task_id="t.id", number="1", document=jsonb({}))
    insert(
        Deliverable,
        f"labeling_task t JOIN {numbers(max(quantities))} d ON d.n < t.quantity",
        task_id="t.id",
        number="d.n + 1",
        name="'Image ' || (d.n + 1)",
        rules=jsonb(RULES),
    )
    of_tasks = {"task_id": "t.id", "number": "d.n + 1"}
    insert(EvaluationPoint, f"labeling_task t CROSS JOIN {numbers(POINTS)} d", **of_tasks, point_id="'ep_' || d.n", text=f"'{POINT}'")
    insert(Asset, f"labeling_task t CROSS JOIN {numbers(2)} d", **of_tasks, role="'reference'", image_id=f"t.id % {IMAGES} + 1")


def make_candidates(project: Project, done: int) -> None:
    """A bundle of every generator for every task, with all its candidates; those with a place below `done` are settled."""
    bundles = f"labeling_task t CROSS JOIN {numbers(GENERATORS)} g"
    insert(Bundle, bundles, id=f"(t.id - 1) * {GENERATORS} + g.n + 1", task_id="t.id", generator_id="g.n + 1", place=PLACE)
    insert(
        Candidate,
        "labeling_bundle b JOIN labeling_deliverable d ON d.task_id = b.task_id",
        project_id=str(project.pk),
        bundle_id="b.id",
        deliverable_id="d.id",
        image_id=f"(b.id + d.number) % {IMAGES} + 1",
        state=f"CASE WHEN b.place < {done} THEN 'settled' ELSE 'open' END",
        q_state=f"CASE WHEN b.place < {done} THEN 5 ELSE 0 END",
        sort="b.place * 256 + d.number",
        lane=str(lane_of(0, "Digital")),
    )


def finish(project: Project, people: list[User]) -> None:
    """Two equal answers a month ago for each settled candidate; its seats are two of `people`."""
    then, first_event = timezone.now() - timedelta(days=30), int(Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    low, seats = people[0].pk, f"labeling_candidate c CROSS JOIN {numbers(2)} s WHERE c.q_state = 5"
    insert(
        Assignment,
        seats,
        id="c.id * 2 + s.n",
        project_id="c.project_id",
        candidate_id="c.id",
        person_id=f"{low} + (c.id + s.n * {len(people) // 2}) % {len(people)}",
        seat="s.n + 1",
        status="'submitted'",
        verdict="'accept'",
        leased_at=then,
        submitted_at=then,
        editable_until=then,
        image_id="c.image_id",
        task_version="1",
    )
    insert(
        Event,
        "labeling_assignment a",
        id=f"a.id + {first_event}",
        project_id="a.project_id",
        at=then,
        actor_id="a.person_id",
        kind="'submitted'",
        candidate_id="a.candidate_id",
        assignment_id="a.id",
        candidate_state="'settled'",
        round="1",
        assignment_status="'submitted'",
    )
    insert(
        Answer,
        "labeling_assignment a",
        assignment_id="a.id",
        number="1",
        kind="'first'",
        verdict="a.verdict",
        answered_at=then,
        received_at=then,
        active_ms="4200",
        event_id=f"a.id + {first_event}",
    )
    settled = {"candidate_id": "c.id", "event_id": f"c.id * 2 + 1 + {first_event}", "decided_at": then}
    insert(Decision, "labeling_candidate c WHERE c.q_state = 5", **settled, round="1", verdict="'accept'", how="'consensus'")
    insert(Receipt, "labeling_assignment a", person_id="a.person_id", key=new_uuid(), body_sha256="''", outcome=jsonb({}))


def insert(model: type[models.Model], source: str, **columns: Any) -> None:
    """One INSERT ... SELECT from `source`: texts are SQL, other values are bound; columns not named get their defaults."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.attname in columns]
    own = {"public_id": new_uuid(), **columns}
    sql, bound = [], []
    for field in fields:
        value = own.get(field.attname)
        if isinstance(value, str):
            # A percent sign would begin a placeholder.
            sql.append(value.replace("%", "%%"))
        else:
            sql.append("%s")
            bound.append(field.get_db_prep_save(field.get_default() if value is None else value, connection))
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(sql)} FROM {source.replace('%', '%%')}", bound)


def numbers(count: int) -> str:
    """Rows with the numbers from 0 to `count` - 1 as `n`."""
    return f"(WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < {count - 1}) SELECT n FROM i)"


def new_uuid() -> str:
    """SQL of a random UUID."""
    return "lower(hex(randomblob(16)))" if connection.vendor == "sqlite" else "gen_random_uuid()"


def jsonb(value: Any) -> str:
    """SQL of a JSON constant."""
    text = json.dumps(value).replace("'", "''")
    return f"'{text}'" if connection.vendor == "sqlite" else f"'{text}'::jsonb"


@contextmanager
def unguarded() -> Iterator[None]:
    """Neither triggers nor foreign keys: what is written here fits by itself."""
    drop_triggers(connection)
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        yield
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")


@contextmanager
def without_indexes() -> Iterator[None]:
    """Take the indexes off the big tables and build them again at the end, which is many times faster than keeping them up."""
    tables = ", ".join(f"'{model._meta.db_table}'" for model in BIG)
    found = (
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables})"
        if connection.vendor == "sqlite"
        else f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ({tables})"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    with connection.cursor() as cursor:
        cursor.execute(found)
        indexes = cursor.fetchall()
        for name, _statement in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _name, statement in indexes:
            cursor.execute(statement)


def reset_sequences() -> None:
    """Let new rows come behind those that were written with their ids."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(BIG)):
            cursor.execute(statement)


if __name__ == "__main__":
    json.dump(seed(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
