"""docs/imports.md names every problem an import can name, in its own words, and the limits that hold."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from labeling.data_in import bench, bench_record, json_text, keep_pictures, manifest, sources
from labeling.data_in.codes import Code
from labeling.images import MAX_BYTES, MAX_PIXELS, MAX_SIDE

pytestmark = pytest.mark.pure

PAGE = Path(settings.BASE_DIR, "docs", "imports.md").read_text(encoding="utf-8")


def test_every_problem_is_in_the_page_with_its_sentence_and_what_follows():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)

    with translation.override("en"):
        # The page writes *size* where the sentence has %(size)s.
        sentences = [(code.value, re.sub(r"%\((\w+)\)s", r"*\1*", str(code.label))) for code in Code]
    assert [(code, said.replace("&lt;", "<").replace("&gt;", ">")) for code, said, _then in rows] == sentences


def test_every_problem_can_occur():
    program = "".join(path.read_text(encoding="utf-8") for path in Path(settings.BASE_DIR, "labeling").rglob("*.py"))
    # What comes in about judges has problems of its own in the same list.
    program += "".join(path.read_text(encoding="utf-8") for path in Path(settings.BASE_DIR, "judging").rglob("*.py"))
    # These three are what the protocol calls its own refusals, which the import of labels passes on.
    refusals = {Code.DECIDED_HERE, Code.NEW_ROUND, Code.OUT_OF_QUEUE}

    unused = {code for code in Code if not re.search(rf"\bCode\.{code.name}\b", program)}

    assert unused == refusals
    assert all(f'ProtocolError("{code}"' in program for code in refusals)


def test_the_limits_in_the_page_are_those_of_the_program():
    limits = sources.DEFAULT_LIMITS

    assert (MAX_BYTES, MAX_PIXELS, MAX_SIDE) == (20 * 1024**2, 40_000_000, 16_000)
    assert (limits.entries, limits.total_bytes, limits.depth, limits.ratio, limits.ratio_from_bytes) == (
        250_000,
        64 * 1024**3,
        12,
        200,
        64 * 1024,
    )
    assert (sources.MAX_NAME, sources.MAX_PART_BYTES) == (300, 255)
    assert (bench.MAX_FILE_BYTES, json_text.MAX_LINE_BYTES) == (256 * 1024**2, 1_000_000)
    assert (bench_record.MAX_QUANTITY, manifest.MAX_DELIVERABLE, manifest.MAX_SAMPLE) == (255, 255, 10_000)
    assert (bench_record.MAX_BRIEF, bench_record.MAX_POINT, bench_record.MAX_NAME) == (100_000, 20_000, 2_000)
    assert keep_pictures.THREADS <= 4
