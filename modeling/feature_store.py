"""The cache of image statistics: read in bulk, what is missing or about something older measured now and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray

from labeling.among import Ids
from labeling.models import Candidate
from modeling.models import FeatureRow
from modeling.net.records import Example, Order, Picture, PictureMissing

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float32]

# Public ids in one statement, and images measured between two writes: some seconds of work that a kill loses.
AT_ONCE, MEASURED_AT_ONCE = 900, 200


class Stored(NamedTuple):
    """What is kept of a candidate: its row id, and key and bytes of its features; None and empty where there are none."""

    pk: int
    key: str | None
    values: bytes


def stored_features(examples: Sequence[Example]) -> Floats:
    """The features of these examples, shape (n, features), in their order; NaN where a thing cannot be told.

    Those of candidates of this site come from the cache where they are about what the example shows, and are kept there where they had
    to be measured. Measuring takes some milliseconds per image, and needs no more than what the web tier has installed.
    """
    from modeling.net.features import NAMES

    known = read_stored(examples)
    found = np.empty((len(examples), len(NAMES)), dtype=np.float32)
    missing = []
    for place, (example, key) in enumerate(zip(examples, make_keys(examples), strict=True)):
        stored = known.get(example.key)
        if stored is not None and stored.key == key and len(stored.values) == found.shape[1] * found.itemsize:
            found[place] = np.frombuffer(stored.values, dtype="<f4")
        else:
            missing.append((place, key))
    for start in range(0, len(missing), MEASURED_AT_ONCE):
        some = missing[start : start + MEASURED_AT_ONCE]
        found[[place for place, _key in some]] = measure([(examples[place], key) for place, key in some], known)
    return found


def count_missing(examples: Sequence[Example]) -> int:
    """How many of these the cache does not hold as they are now."""
    known = read_stored(examples)
    keys = zip(examples, make_keys(examples), strict=True)
    return sum(example.key not in known or known[example.key].key != key for example, key in keys)


def measure(wanted: Sequence[tuple[Example, str]], known: Mapping[str, Stored]) -> Floats:
    """Measure examples (each with its key) and keep what is found; not where a picture was lost, for it may come back."""
    from modeling.net.features import extract

    lost: set[str] = set()
    values = extract([watch_pictures(example, lost) for example, _key in wanted])
    rows = [
        FeatureRow(candidate_id=known[example.key].pk, key=key, values=np.ascontiguousarray(row, dtype="<f4").tobytes())
        for (example, key), row in zip(wanted, values, strict=True)
        if example.key in known and lost.isdisjoint(list_hashes(example))
    ]
    FeatureRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["candidate"], update_fields=["key", "values"])
    return values


def read_stored(examples: Sequence[Example]) -> dict[str, Stored]:
    """What there is of those examples that are candidates of this site, by key."""
    ids = [public_id for example in examples if (public_id := read_uuid(example.key)) is not None]
    found: dict[str, Stored] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        pks = dict(Candidate.objects.filter(public_id__in=some).order_by().values_list("pk", "public_id"))
        rows = FeatureRow.objects.filter(candidate__among=Ids(pks)).order_by().values_list("candidate_id", "key", "values")
        kept = {pk: Stored(pk, key, bytes(values)) for pk, key, values in rows}
        found |= {str(public_id): kept.get(pk, Stored(pk, None, b"")) for pk, public_id in pks.items()}
    return found


def read_uuid(key: str) -> UUID | None:
    """The public id that a key is; None for examples from elsewhere."""
    try:
        return UUID(key)
    except ValueError:
        return None


def make_keys(examples: Sequence[Example]) -> Iterator[str]:
    """The key of each example: the SHA-256 of all that its features may depend on, and of the version of the extractor.

    Whatever the order says is in it, so that a change of the brief or of a hard rule measures anew.
    """
    from modeling.net.features import EXTRACTOR_VERSION

    orders: dict[int, bytes] = {}
    for example in examples:
        # Examples of one task share its order.
        order = orders.get(id(example.order))
        if order is None:
            order = orders[id(example.order)] = describe_order(example.order)
        own = [EXTRACTOR_VERSION, example.number, example.deliverable, example.rules, example.picture.sha256]
        text = orjson.dumps([*own, [picture.sha256 for picture in example.siblings]], option=orjson.OPT_SORT_KEYS)
        yield hashlib.sha256(order + text).hexdigest()


def describe_order(order: Order) -> bytes:
    """All that an order says, but for what it is called here."""
    pictures = {"references": hashes_of(order.references), "sources": hashes_of(order.sources)}
    said = {**asdict(replace(order, task="", references=(), sources=())), **pictures}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def hashes_of(pictures: Sequence[Picture]) -> list[str]:
    """The SHA-256 of pictures."""
    return [picture.sha256 for picture in pictures]


def list_hashes(example: Example) -> list[str]:
    """The SHA-256 of every picture that an example shows."""
    return hashes_of([example.picture, *example.siblings, *example.order.references, *example.order.sources])


def watch_pictures(example: Example, lost: set[str]) -> Example:
    """The example, whose pictures put their SHA-256 into `lost` where they cannot be read."""

    def watch_all(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        return tuple(replace(picture, read=watch(picture, lost)) for picture in pictures)

    order = replace(example.order, references=watch_all(example.order.references), sources=watch_all(example.order.sources))
    [own] = watch_all([example.picture])
    return replace(example, order=order, picture=own, siblings=watch_all(example.siblings))


def watch(picture: Picture, lost: set[str]) -> Callable[[], bytes]:
    """The reading of a picture that tells of a lost one."""

    def read() -> bytes:
        try:
            return picture.read()
        except PictureMissing:
            lost.add(picture.sha256)
            raise

    return read
