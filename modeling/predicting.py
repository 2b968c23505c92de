"""Asking a version about an order and pictures that are not part of a project: the request, and what a worker makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.data_in.problem import ImportProblem
from labeling.data_in.uploads import FOLDER
from labeling.images import check_image
from labeling.jobs.queue import create_job
from labeling.models import Job, Project, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from modeling.models import ModelVersion, Preset
from modeling.protocol.registry import find_used, list_versions

PREDICT, PREDICT_ON_GPU = "predict", "predict_gpu"
# Pictures of one request: the candidate's and those the client sent along.
MOST_REFERENCES = 8


@dataclass(frozen=True, kw_only=True)
class Question:
    """An order, and the bytes of the candidate's picture, the references and the picture that was to be edited."""

    brief: str
    image: bytes
    references: Sequence[bytes] = ()
    source: bytes | None = None
    price_usd: float
    category: str
    quantity: int

    @property
    def order(self) -> dict[str, Any]:
        """The order as plain values."""
        return {"brief": self.brief, "price_usd": self.price_usd, "category": self.category, "quantity": self.quantity}


class WrongPicture(Exception):
    """A picture of a request cannot be taken; `role` says which one, and the text why."""

    def __init__(self, role: str, text: str) -> None:
        super().__init__(text)
        self.role = role


def ask_version(project: Project, lead: User, question: Question, name: str = "") -> Job:
    """The job that asks the version `name`, or the one in use, about an order and pictures.

    Raises WrongPicture for a picture that an import would refuse, and ProtocolError for a version there is not.
    """
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    pictures = {"image": [question.image], "references": list(question.references), "source": [question.source] if question.source else []}
    for role, group in pictures.items():
        check_pictures(role, group)
    version = choose_version(project, name)
    stored = {role: [store(data) for data in group] for role, group in pictures.items()}
    with transaction.atomic():
        kind = PREDICT if version.run.preset == Preset.STATS else PREDICT_ON_GPU
        return create_job(project, kind, {"version": version.pk, "order": question.order, "pictures": stored}, lead)


def check_pictures(role: str, group: Sequence[bytes]) -> None:
    """Raise WrongPicture unless an import would take all of these pictures."""
    for data in group:
        try:
            check_image(data)
        except ImportProblem as problem:
            raise WrongPicture(role, str(problem)) from problem


def choose_version(project: Project, name: str) -> ModelVersion:
    """The version of that name, or the one in use; raises ProtocolError where its model is not here."""
    version = list_versions(project).filter(name=name).first() if name else find_used(project)
    if version is None:
        raise ProtocolError("no_version", _("There is no model of this name here. Train one, or promote one to ask without a name."))
    return version


def store(data: bytes) -> str:
    """Put a picture where the worker finds it; what nobody fetches is swept away with other uploads after a day."""
    return default_storage.save(f"{FOLDER}/{uuid4().hex}", ContentFile(data))


def fetch(stored: Mapping[str, Sequence[str]]) -> dict[str, list[bytes]]:
    """The pictures of a request by role; raises FileNotFoundError for one that was swept away."""
    found: dict[str, list[bytes]] = {}
    for role, names in stored.items():
        found[role] = []
        for name in names:
            with default_storage.open(name) as file:
                found[role].append(file.read())
    return found


def throw_away(stored: Mapping[str, Sequence[str]]) -> None:
    """Remove the pictures of a request that was answered."""
    for name in (name for names in stored.values() for name in names):
        default_storage.delete(name)
