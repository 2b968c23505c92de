"""The job that answers a request for a prediction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from labeling.jobs.context import JobContext, JobFailed
from modeling.model_folder import load_version
from modeling.models import ModelVersion
from modeling.net.asking import make_example
from modeling.net.pictures import read_picture
from modeling.net.records import Example, PictureMissing
from modeling.predicting import fetch, throw_away


def predict(context: JobContext) -> None:
    """Ask the version of the params; the result holds `p_accept`, `concepts` and `not_applicable`, and which version and backend speak."""
    version = ModelVersion.objects.select_related("run").get(pk=context.params["version"])
    try:
        example = read_example(context.params)
    except FileNotFoundError as lost:
        raise JobFailed(_("The pictures of this request were kept for a day and are gone; ask again.")) from lost
    except (PictureMissing, ValueError) as problem:
        raise JobFailed(_("This cannot be asked: %(problem)s"), {"problem": str(problem)}) from problem
    context.result = answer(version, example)
    throw_away(context.params["pictures"])


def read_example(params: dict[str, Any]) -> Example:
    """The order and the pictures of a request. Raises FileNotFoundError, PictureMissing and ValueError."""
    found = {role: [read_picture(data) for data in group] for role, group in fetch(params["pictures"]).items()}
    return make_example(picture=found["image"][0], references=found["references"], sources=found["source"], **params["order"])


def answer(version: ModelVersion, example: Example) -> dict[str, Any]:
    """What the version says, as plain values."""
    # Not by the store of features: this candidate is none of the site's.
    model = load_version(version, is_stored=False)
    told = model.predict([example])[0]
    return {
        "version": version.name,
        "backend": version.backend,
        "p_accept": told.p_accept,
        "concepts": told.concepts,
        "not_applicable": list(told.not_applicable),
    }
