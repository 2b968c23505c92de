"""Making a version of a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from judging.models import Backend, Judge
from judging.rubrics.base import hash_of
from judging.rubrics.registry import get_rubric
from labeling.models import Project, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right

# Where a model is, how fast it may be asked, on what and at what price: its scores are the same.
WITHOUT_EFFECT = frozenset(
    ["base_url", "key_variable", "max_in_flight", "requests_per_minute", "timeout_s", "price_in_usd", "price_out_usd", "batch", "device"]
)


@transaction.atomic
def make_judge(
    project: Project, lead: User | None, name: str, backend: str, rubric: str, config: Mapping[str, Any], parts: Sequence[str] = ()
) -> Judge:
    """The version of the judge `name` with these settings; made now unless there is one. Locks the project.

    Settings that cannot change a score make no version: they are changed in the one there is.

    `lead` is None for what the site makes by itself. `parts` are those of the rubric to judge, all where it is empty. Raises ProtocolError
    where a setting is wrong.
    """
    if lead is not None:
        require_right(project, lead, "is_lead")
    # Two that make the next version at once would both count the same one before.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    chosen = choose_parts(rubric, parts)
    check_config(rubric, backend, config)
    if backend == Backend.REPLAY and lead is not None:
        check_file(str(config["file"]))
    version = get_rubric(rubric).version
    fields = {"backend": backend, "rubric": rubric, "rubric_version": version, "parts": chosen, "config": dict(config)}
    fingerprint = hash_of({**fields, "config": {key: value for key, value in config.items() if key not in WITHOUT_EFFECT}})
    known = Judge.objects.filter(project=project, name=name, fingerprint=fingerprint).first()
    if known is not None:
        return set_config(known, dict(config))
    number = (Judge.objects.filter(project=project, name=name).aggregate(last=Max("version"))["last"] or 0) + 1
    model, revision = str(config.get("model", "")), str(config.get("revision", ""))
    made = {"model": model, "revision": revision, "fingerprint": fingerprint, "created_by": lead}
    return Judge.objects.create(project=project, name=name, version=number, **fields, **made)


def set_config(judge: Judge, config: dict[str, Any]) -> Judge:
    """Let a version have other settings of those that cannot change a score: an address, prices, how fast it may ask."""
    if judge.config != config:
        judge.config = config
        judge.save(update_fields=["config"])
    return judge


def choose_parts(rubric: str, parts: Sequence[str]) -> list[str]:
    """Those parts of the rubric in its own order, all of them where none is named; raises ProtocolError for one it has not."""
    try:
        known = get_rubric(rubric).list_parts()
    except ValueError as error:
        raise ProtocolError("unknown_rubric", _("There is no such rubric: %(problem)s"), problem=str(error)) from error
    if unknown := sorted(set(parts) - set(known)):
        text = _("The rubric has no part %(unknown)s; its parts are %(known)s.")
        raise ProtocolError("unknown_part", text, unknown=", ".join(unknown), known=", ".join(known))
    return [part for part in known if part in parts or not parts]


def check_config(rubric: str, backend: str, config: Mapping[str, Any]) -> None:
    """Raise ProtocolError unless a backend can be made with these settings, and the rubric needs one."""
    from judging.backends.registry import check_backend

    asks_model = get_rubric(rubric).asks_model
    if asks_model == (backend == Backend.CODE):
        raise ProtocolError("wrong_backend", _("A rubric of plain code needs no backend, and any other rubric needs one."))
    if not asks_model:
        return
    try:
        check_backend(backend, dict(config))
    except ValueError as error:
        raise ProtocolError("wrong_config", _("The judge cannot be made: %(problem)s"), problem=str(error)) from error


def check_file(name: str) -> None:
    """Raise ProtocolError unless a file named in a browser lies where the site lets leads read from."""
    if not any(Path(name).resolve().is_relative_to(root) for root in settings.IMPORT_ROOTS):
        text = _("Stored replies are read from below the folders of SERVIMAGE_IMPORT_ROOTS alone; %(file)s is not there.")
        raise ProtocolError("file_not_allowed", text, file=name)
