"""A project whose secrets are easy to recognise, and a person whose every byte is written down."""

from __future__ import annotations

import json
import random
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import django.utils.timezone
from django.db.models import F
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from PIL import ExifTags, Image, PngImagePlugin

from labeling.image_store import keep_image
from labeling.models import Asset, Assignment, Candidate, Concern, Example, Generator, Project, User
from labeling.protocol.batches import BatchPlan, create_batch
from labeling.protocol.examples import add_example
from labeling.protocol.reap import promote_ready, reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.quality.people import make_people_report
from labeling.quality.report import keep
from tests.factories import lease_for, make_bundle, make_generator, make_person, make_project, make_task
from tests.labeling.material import make_picture
from tests.labeling.raw_rows import raw_concern

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Two generators and what else may not be shown to people who answer.
GENERATORS = [("zanzibar-diffusion-xl", "Zanzibar Diffusion XL"), ("quokkanet-4", "QuokkaNet 4")]
PEOPLE = ["otto.other", "theo.third", "fay.fourth", "finn.fifth", "lena.lead", "sam.stranger"]
REMARK = "narwhal remark"
SECRETS = ["zanzibar", "quokka", "walrus_", *PEOPLE, REMARK]

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# The clock and the CSRF token, which may differ between two runs.
VARYING = [
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*'), r"\1TOKEN"),
    (re.compile(r'("X-CSRFToken": ")[^"]*'), r"\1TOKEN"),
    (re.compile(r'("csrf": ")[^"]*'), r"\1TOKEN"),
    (re.compile(r"(csrftoken|sessionid)=[^;]*"), r"\1=TOKEN"),
    # What is told stays; the time at which it was signed, and the signature, go.
    (re.compile(r"(messages=[^:;]+):[^;]*"), r"\1:SIGNED"),
    (re.compile(r"(expires=|^Expires: )[^;]*"), r"\1THEN"),
]


class Clock:
    """The time of the site, which stands still until it is moved; every row and page sees it."""

    def __init__(self, monkeypatch: Any) -> None:
        clock = self
        self.now = START

        class Standing(datetime):
            """What django.utils.timezone asks for the time."""

            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return clock.now.astimezone(tz) if tz else clock.now.replace(tzinfo=None)

        # Here and not `timezone.now`: the models hold a reference to that function as their default.
        monkeypatch.setattr(django.utils.timezone, "datetime", Standing)

    def advance(self, **time: float) -> None:
        """Let time go by, and let the reaper see it."""
        self.now += timedelta(**time)
        reap_due()
        promote_ready()


def make_marked_picture(generator: str, color: tuple[int, int, int], format: str) -> bytes:
    """A picture that tells its generator in every way a file can."""
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Software", generator)
        text.add_itxt("parameters", f"model: {generator}")
        return make_picture(320, 240, "RGB", color, "PNG", pnginfo=text)
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = generator
    exif[ExifTags.Base.ImageDescription] = f"made by {generator}"
    return make_picture(320, 240, "RGB", color, "JPEG", exif=exif, comment=generator.encode())


@dataclass
class Stage:
    """A project with eight candidates of two generators and a closed example, and its people."""

    project: Project
    candidates: list[Candidate]
    example: Example
    concern: Concern
    me: User
    other: User
    third: User
    fourth: User
    fifth: User
    lead: User
    stranger: User


def make_stage(**rights: bool) -> Stage:
    """A set of three and an edit, each by both generators; `rights` are those of the person watched."""
    project = make_project(slug="blind", name="Blind", undo_minutes=15, lease_minutes=15, seed=4)
    generators = [make_generator(slug=slug, display_name=name) for slug, name in GENERATORS]
    tasks = [make_task(project, quantity=3, name="Poster set"), make_task(project, name="Retouched photo", is_editing=True)]
    for role, number in [("reference", 1), ("source", 1)]:
        kept = keep_image(make_picture(200, 100, color=(9, number, len(role))))
        Asset.objects.create(task=tasks[1], role=role, number=number, image=kept, file=f"walrus_{role}_{number}.png")
    for task in tasks:
        for generator in generators:
            make_bundle(task, generator)
    candidates = list(Candidate.objects.filter(project=project).order_by("pk"))
    for place, candidate in enumerate(candidates):
        marked = make_marked_picture(candidate.bundle.generator.display_name, (10 * place, 80, 200), ["PNG", "JPEG"][place % 2])
        candidate.image = keep_image(marked)
        candidate.save(update_fields=["image"])
    people = {
        "me": make_person(project, username="mia.me", **{"can_adjudicate": False} | rights),
        "other": make_person(project, username="otto.other"),
        "third": make_person(project, username="theo.third", can_label=False),
        "fourth": make_person(project, username="fay.fourth", can_adjudicate=False),
        "fifth": make_person(project, username="finn.fifth", can_adjudicate=False),
        "lead": make_person(project, username="lena.lead", can_label=False, can_adjudicate=False, is_lead=True),
        "stranger": make_person(make_project(slug="elsewhere"), username="sam.stranger"),
    }
    # Leads may call a batch after a generator.
    batch = create_batch(project, people["lead"], BatchPlan(name="Zanzibar week", due=START.date()))
    Candidate.objects.filter(project=project).update(batch=batch.number, lane=F("lane") + 4 * batch.number)
    example = make_example(project, generators[0], people)
    concern = raw_concern(project, people["me"], kind="gold", values={"n": 40, "value": 55, "low": 39.8, "high": 69.3, "bound": 80})
    keep(make_people_report(project))
    return Stage(project=project, candidates=candidates, example=example, concern=concern, **people)


def make_example(project: Project, generator: Generator, people: dict[str, User]) -> Example:
    """A ninth candidate that two people rejected with remarks, past changing, in the gallery."""
    [candidate] = make_bundle(make_task(project, name="Closed poster"), generator).candidates.select_related("project")
    candidate.image = keep_image(make_marked_picture(generator.display_name, (200, 10, 10), "PNG"))
    candidate.save(update_fields=["image"])
    Project.objects.filter(pk=project.pk).update(undo_minutes=0)
    for person in (people["fourth"], people["fifth"]):
        answer_as(person, Candidate.objects.get(pk=candidate.pk), "reject")
    Project.objects.filter(pk=project.pk).update(undo_minutes=15)
    return add_example(candidate.public_id, people["lead"], "Too soft to print.")


def submit_as(person: User, lease: Assignment, verdict: str) -> None:
    """Answer under a lease; a reject has a reason and a remark, so that the answers differ in everything they can."""
    said = {"reasons": ("blurry", "bad_text"), "note": REMARK} if verdict == "reject" else {}
    submit_answer(lease.public_id, person, Submission(verdict=verdict, **said), uuid.uuid4())


def answer_as(person: User, candidate: Candidate, verdict: str) -> None:
    """Lease exactly this candidate for `person` and answer it."""
    submit_as(person, lease_for(person, candidate), verdict)


@dataclass
class Seen:
    """One reply: what was asked, and everything that came back, with the clock and the CSRF token blotted out."""

    asked: str
    path: str
    status: int
    headers: list[str]
    body: bytes


@dataclass
class Watcher:
    """A browser that writes down every byte it gets. `cards` are the assignments it was ever shown, in order, and `examples` too."""

    user: User | None
    slug: str
    seen: list[Seen] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    routes: set[str] = field(default_factory=set)
    # Where this person reads: the namespace of the routes, and the route of pictures in it.
    space: ClassVar[str] = "labeling"
    picture: ClassVar[str] = "image"

    def __post_init__(self) -> None:
        self.client = Client()
        self.random = random.Random(1)
        if self.user is not None:
            self.client.force_login(self.user, "django.contrib.auth.backends.ModelBackend")

    def url(self, name: str, **arguments: Any) -> str:
        """The address of a route of the project: a page, or `api:name`."""
        return reverse(name if ":" in name else f"labeling:{name}", kwargs={"slug": self.slug, **arguments})

    def get(self, path: str, script: bool = False) -> str:
        """Load a page, as a script or as a page."""
        return self.ask(f"GET {path}", path, None, script)

    def post(self, name: str, script: bool = True, **fields: Any) -> str:
        """Send something to a route of the project."""
        return self.ask(f"POST {name}", self.url(name), fields, script)

    def ask(self, asked: str, path: str, fields: dict[str, Any] | None, script: bool) -> str:
        """Send a request, write the reply down under the name `asked` and return its text; `fields` None for GET."""
        headers = {"HX-Request": "true"} if script else {}
        # What the site draws at random in this request is the same in both runs, however much was drawn before.
        random.seed(len(self.seen))
        if fields is None:
            return self.note(asked, path, self.client.get(path, headers=headers))
        return self.note(asked, path, self.client.post(path, fields, headers=headers))

    def send(self, asked: str, method: str, path: str, body: dict[str, Any]) -> str:
        """Send JSON, as a program does."""
        random.seed(len(self.seen))
        return self.note(asked, path, self.client.generic(method, path, json.dumps(body), content_type="application/json"))

    def outcome(self, text: str) -> tuple[str, str]:
        """What a reply says of a write: its kind and code."""
        found = re.search(r'data-outcome="(\w+)"', text), re.search(r'data-code="(\w+)"', text)
        return (found[0][1] if found[0] else "", found[1][1] if found[1] else "")

    def note(self, asked: str, path: str, response: HttpResponseBase) -> str:
        """Write one reply down and return its text."""
        body = b"".join(response.streaming_content) if response.streaming else response.content
        headers = [f"{name}: {value}" for name, value in response.items()]
        cookies = [f"Set-Cookie: {cookie.OutputString()}" for cookie in response.cookies.values()]
        is_text = "text" in response.get("Content-Type", "text") or "json" in response.get("Content-Type", "")
        text = body.decode() if is_text else ""
        self.seen.append(Seen(asked, path, response.status_code, sorted(headers + cookies), body))
        if match := getattr(response, "resolver_match", None):
            self.routes.add(match.view_name)
        for found in re.findall(r'<article class="card" data-assignment="([^"]+)"|\{"assignment":"([^"]+)","project":', text):
            found = found[0] or found[1]
            if found not in self.cards:
                self.cards.append(found)
        for found in re.findall(r'/example/([^"/]+)/screen"', text):
            if found not in self.examples:
                self.examples.append(found)
        if told := re.search(r'data-outcome="submitted"[^>]*? data-assignment="([^"]+)" data-answer="([^"]+)"', text):
            self.answers[told[1]] = told[2]
        return text

    def key(self) -> str:
        """A key of a write."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def transcript(self) -> list[tuple[str, int, list[str], bytes]]:
        """All that was seen in a form that two runs can be compared by: each public id is replaced by the order of its first sight."""
        order: dict[str, str] = {}

        def name(match: re.Match[str]) -> str:
            return order.setdefault(match[0], f"id-{len(order):032d}")

        def blot(text: str) -> str:
            for pattern, neutral in VARYING:
                text = pattern.sub(neutral, text)
            return UUID.sub(name, text)

        return [
            (blot(seen.asked), seen.status, [blot(line) for line in seen.headers], blot(seen.body.decode("latin-1")).encode("latin-1"))
            for seen in self.seen
        ]


def find_secrets(stage: Stage, watcher: Watcher, allowed: tuple[str, ...] = ()) -> list[str]:
    """Where any header or byte that `watcher` got names a generator, a file, another person, a candidate or the hash of a picture."""
    rows = [*stage.candidates, stage.example.candidate]
    ids = [str(row.public_id) for row in rows] + [row.image.sha256 for row in rows if row.image]
    own = {watcher.user.username} if watcher.user else set()
    secrets = [secret.lower().encode() for secret in [*SECRETS, *ids] if secret not in own | set(allowed)]
    found = []
    for reply in watcher.seen:
        everything = "\n".join(reply.headers).lower().encode() + b"\n" + reply.body.lower()
        # A page may repeat the address it was asked for (the language form does): who asked knew it before.
        everything = everything.replace(reply.path.lower().encode(), b"")
        found += [f"{secret!r} in {reply.asked}" for secret in secrets if secret in everything]
    return found
