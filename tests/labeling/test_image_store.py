"""Pictures are stored once and whole, and what is lost of them is made again."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image as Picture

from labeling import atomic_storage, image_store
from labeling.data_in.problem import ImportProblem
from labeling.image_store import (
    ImageLost,
    derived_name,
    ensure_derivative,
    keep_image,
    open_derivative,
    open_original,
    original_name,
)
from labeling.models import Image
from labeling.render_ahead import render_later, wait_until_rendered
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["folder", "object store"])
def storage(request, settings, tmp_path):
    """Both kinds of storage; the one in memory stands for S3: no paths, and names that are taken are not overwritten."""
    backends = {
        "folder": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path}},
        "object store": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": backends[request.param]}
    return default_storage


def make_photo(seed: int = 0, **options) -> bytes:
    """A JPEG larger than every size but the full one."""
    return make_picture(2000, 1500, color=(30 * seed, 90, 200), format="JPEG", **options)


def read(image: Image, size: str) -> bytes:
    with open_derivative(image, size)[0] as file:
        return file.read()


def list_files(storage, folder: str = "") -> list[str]:
    folders, files = storage.listdir(folder)
    found = [f"{folder}{name}" for name in files]
    return sorted(found + [name for inner in folders for name in list_files(storage, f"{folder}{inner}/")])


def test_an_original_is_stored_under_its_hash_with_thumbnail_and_screen_size(storage):
    data = make_photo()

    image = keep_image(data)

    sha = image.sha256
    assert list_files(storage) == [
        f"derived/screen/{sha[:2]}/{sha}.jpg",
        f"derived/thumb/{sha[:2]}/{sha}.jpg",
        f"originals/{sha[:2]}/{sha}.jpg",
    ]
    assert (image.format, image.width, image.height, image.byte_size) == ("JPEG", 2000, 1500, len(data))


def test_the_original_comes_back_byte_for_byte(storage):
    data = make_photo(comment=b"kept in the original only")

    image = keep_image(data)

    with open_original(image) as file:
        assert file.read() == data


def test_what_people_see_is_made_from_pixels_alone(storage):
    image = keep_image(make_photo(comment=b"a secret"))

    shown = [read(image, size) for size in ("thumb", "screen", "full")]

    assert all(b"a secret" not in data for data in shown)
    # 2000 x 1500: the long side becomes 320 and 1600, full keeps its size.
    assert [Picture.open(io.BytesIO(data)).size for data in shown] == [(320, 240), (1600, 1200), (2000, 1500)]


def test_the_same_bytes_are_one_row_and_one_file(storage):
    first = keep_image(make_photo())
    before = list_files(storage)

    second = keep_image(make_photo())

    assert second == first
    assert list_files(storage) == before


def test_a_picture_one_can_see_through_is_shown_as_png(storage):
    image = keep_image(make_picture(mode="RGBA", color=(10, 20, 30, 128), format="WEBP"))

    file, kind = open_derivative(image, "thumb")

    assert (image.format, kind, file.read(4)) == ("WEBP", "image/png", b"\x89PNG")


def test_a_refused_picture_leaves_nothing_behind(storage):
    keep_image(make_photo())
    before = list_files(storage)

    with pytest.raises(ImportProblem):
        keep_image(make_photo(1)[:-200])

    assert list_files(storage) == before
    assert Image.objects.count() == 1


@pytest.mark.parametrize("size", ["thumb", "screen", "full"])
def test_a_lost_size_is_made_again(storage, size):
    image = keep_image(make_photo())
    before = read(image, size)
    storage.delete(derived_name(image, size))

    again = read(image, size)

    assert again == before
    assert storage.exists(derived_name(image, size))


def test_an_empty_size_left_by_a_power_cut_is_made_again(storage):
    image = keep_image(make_photo())
    storage.delete(derived_name(image, "thumb"))
    storage.save(derived_name(image, "thumb"), ContentFile(b""))

    again = read(image, "thumb")

    assert Picture.open(io.BytesIO(again)).size == (320, 240)
    assert storage.size(derived_name(image, "thumb")) == len(again)


def test_half_an_original_is_replaced_when_the_picture_comes_again(storage):
    data = make_photo()
    image = keep_image(data)
    name = original_name(image.sha256, image.format)
    storage.delete(name)
    storage.save(name, ContentFile(data[:1000]))

    keep_image(data)

    assert storage.size(name) == len(data)
    assert [found for found in list_files(storage) if found.startswith("originals/")] == [name]


def test_a_lost_original_is_named_where_a_size_is_missing_too(storage):
    image = keep_image(make_photo())
    storage.delete(original_name(image.sha256, image.format))

    with pytest.raises(ImageLost, match=image.sha256):
        open_derivative(image, "full")

    assert read(image, "screen")


def test_a_size_is_rendered_once_however_many_ask_at_the_same_time(storage, monkeypatch):
    image = keep_image(make_photo())
    rendered = []
    real = image_store.render_image
    monkeypatch.setattr(image_store, "render_image", lambda data, size: rendered.append(size) or real(data, size))

    with ThreadPoolExecutor(6) as people:
        answers = list(people.map(lambda _number: read(image, "full"), range(6)))

    assert rendered == ["full"]
    assert len(set(answers)) == 1


def test_a_write_that_fails_in_the_middle_leaves_no_file_and_no_row(settings, tmp_path, monkeypatch):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path}},
    }

    def fail(*_args):
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="no space"):
            keep_image(make_photo())
        assert list_files(default_storage) == []
        assert not Image.objects.exists()

    keep_image(make_photo())

    assert len(list_files(default_storage)) == 3


def test_files_are_readable_by_the_owner_only(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path}},
    }

    image = keep_image(make_photo())

    path = tmp_path / original_name(image.sha256, image.format)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_only_what_cannot_be_made_again_is_waited_for(settings, tmp_path, monkeypatch):
    backend = {
        "BACKEND": "labeling.atomic_storage.AtomicFileStorage",
        "OPTIONS": {"location": tmp_path, "lasting": "originals/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    flushed = []
    monkeypatch.setattr(atomic_storage, "flush_to_disk", flushed.append)

    keep_image(make_photo())

    assert [Path(name).relative_to(tmp_path).parts[0] for name in flushed] == ["originals"]


def test_the_full_size_is_rendered_in_the_background(storage):
    image = keep_image(make_photo())

    assert render_later(image)
    wait_until_rendered()

    assert storage.exists(derived_name(image, "full"))


def test_the_background_survives_a_lost_original(storage):
    lost, kept = keep_image(make_photo(1)), keep_image(make_photo(2))
    storage.delete(original_name(lost.sha256, lost.format))

    render_later(lost)
    render_later(kept)
    wait_until_rendered()

    assert storage.exists(derived_name(kept, "full"))


def test_making_sure_of_a_size_names_it(storage):
    image = keep_image(make_photo())

    assert ensure_derivative(image, "full") == derived_name(image, "full")
    assert storage.exists(derived_name(image, "full"))


@pytest.mark.django_db(transaction=True)
def test_the_same_picture_stored_by_many_at_once_is_one_row_and_one_file(storage):
    data, start = make_photo(7), threading.Barrier(6)

    def keep(_number: int) -> int:
        start.wait()
        try:
            return keep_image(data).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as processes:
        keys = set(processes.map(keep, range(6)))

    assert len(keys) == 1
    assert Image.objects.count() == 1
    assert len(list_files(storage)) == 3
