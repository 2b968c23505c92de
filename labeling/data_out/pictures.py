"""The pictures that go into an export: what people saw, never an original, which may say where and with what it was made."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from labeling.data_out.as_of import BundleAsOf, CandidateAsOf, Page
from labeling.data_out.lines import Lines, Picture
from labeling.image_render import RenderSize
from labeling.image_store import ImageLost, derived_name, open_derivative
from labeling.jobs.context import JobFailed
from labeling.models import Image

SIZE: RenderSize = "screen"


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """A candidate with the picture it had at the cut-off."""

    bundle: BundleAsOf
    candidate: CandidateAsOf
    picture: Picture


def read_pictured(page: Page, states: Collection[str], lines: Lines) -> Iterator[Pictured]:
    """The candidates of a page in one of `states` that have a picture; those without one are counted in `lines`."""
    wanted = [(bundle, candidate) for bundle in page.bundles for candidate in bundle.candidates if candidate.history.state in states]
    images = {image.sha256: image for image in Image.objects.filter(sha256__in=[candidate.image_sha256 for _bundle, candidate in wanted])}
    for bundle, candidate in wanted:
        if candidate.image_sha256 is None:
            lines.counts["without_image"] += 1
            continue
        image = images[candidate.image_sha256]
        picture = Picture(name=name_picture(candidate, image), image=image)
        lines.pictures.append(picture)
        yield Pictured(bundle=bundle, candidate=candidate, picture=picture)


def name_picture(candidate: CandidateAsOf, image: Image) -> str:
    """The path of a candidate's picture in an export: by candidate, for two may be the same picture; in 256 folders of bearable size."""
    return f"images/{candidate.public_id.hex[:2]}/{candidate.public_id}.{derived_name(image, SIZE).rpartition('.')[2]}"


def read_picture(picture: Picture) -> bytes:
    """The picture in the size people see on the screen, at most 1,600 pixels long. Raises JobFailed if the storage has lost it."""
    try:
        file, _type = open_derivative(picture.image, SIZE)
    except ImageLost:
        lost = {"file": picture.name, "sha256": picture.image.sha256}
        raise JobFailed(
            _("The picture of %(file)s (SHA-256 %(sha256)s) is lost. Import the candidates again, then export."), lost
        ) from None
    with file:
        data: bytes = file.read()
    return data
