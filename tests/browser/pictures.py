"""Candidates with real pictures, for tests that look at a page."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image as Drawing
from PIL import ImageChops

from labeling.image_store import keep_image
from labeling.models import Asset, Bundle, Candidate, Image, Project, Task
from tests.factories import make_bundle, make_task


def draw(colour: str, size: tuple[int, int] = (1200, 900)) -> Image:
    """A stored picture: stripes in one colour, so that every candidate looks different and zooming shows something."""
    drawing = Drawing.new("RGB", size, colour)
    for x in range(0, size[0], 60):
        drawing.paste("white", (x, 0, x + 6, size[1]))
    data = io.BytesIO()
    drawing.save(data, "PNG")
    return keep_image(data.getvalue())


def draw_photo(seed: int, size: tuple[int, int] = (1600, 1200)) -> Image:
    """A stored picture as heavy to decode as a photo: fine grain over a slow change of light, another for every `seed`."""
    light = Drawing.linear_gradient("L").rotate(seed * 67).resize(size)
    grain = Drawing.effect_noise(size, 40)
    data = io.BytesIO()
    Drawing.merge("RGB", [ImageChops.add(light, grain, 2), grain, light]).save(data, "JPEG", quality=92)
    return keep_image(data.getvalue())


def make_pictured_bundle(project: Project, quantity: int = 1, **fields: Any) -> Bundle:
    """A bundle whose candidates, and the source of an editing task, have pictures."""
    task: Task = make_task(project, quantity=quantity, **fields)
    bundle = make_bundle(task)
    for candidate in bundle.candidates.order_by("sort"):
        Candidate.objects.filter(pk=candidate.pk).update(image=draw(f"hsl({candidate.pk * 47 % 360}, 60%, 50%)"))
    if task.is_editing:
        Asset.objects.create(task=task, role="source", number=1, image=draw("hsl(20, 30%, 40%)", (800, 600)))
    return bundle


def make_pictured_candidate(project: Project, **fields: Any) -> Candidate:
    """The one candidate of such a bundle."""
    return make_pictured_bundle(project, **fields).candidates.select_related("project", "image", "bundle__task").get()
