"""ServImageBench: the published tasks give the published figures, and a broken file costs no more than what is broken."""

import json
import re
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from labeling.data_in.bench import read_bench
from labeling.data_in.bench_values import BenchImage
from labeling.data_in.codes import Code
from labeling.data_in.folder_source import FolderTree
from labeling.data_in.hard_rules import rules_as_json, rules_from_json
from labeling.data_in.problem import Outcome
from labeling.data_in.zip_source import ZipTree
from tests.labeling.material import make_bench, make_record, make_zip
from tests.shared import BENCH, needs_bench

pytestmark = pytest.mark.pure


def codes_of(bench):
    return [line.code for line in bench.lines if line.code not in (Code.NO_FOLDER, Code.SOURCE_MISSING)]


def read_one(tmp_path, **changes):
    """The bench of one Product task with some of its values changed, and another that is whole."""
    records = [make_record(**changes), make_record("product-002")]
    return read_bench(make_bench(tmp_path, {"Product": records}))


@pytest.fixture(scope="module")
def published():
    """The shared copy of the published tasks."""
    return read_bench(FolderTree(BENCH))


@needs_bench
def test_the_published_tasks_give_the_published_figures(published):
    # Table 1 of the paper, to the cent.
    expected = {
        "Portrait": (271, 288, 648, Decimal("15285.91")),
        "Product": (450, 839, 3_813, Decimal("146993.84")),
        "Digital": (349, 919, 2_955, Decimal("132758.33")),
    }

    for category, figures in expected.items():
        tasks = [task for task in published.tasks if task.category == category]
        deliverables, points = sum(len(task.deliverables) for task in tasks), sum(len(task.points) for task in tasks)
        assert (len(tasks), deliverables, points, sum(task.price_usd for task in tasks)) == figures
    assert sum(len(task.points) for task in published.tasks) == 7_416
    assert sum(task.price_usd for task in published.tasks) == Decimal("295038.08")
    assert sum(task.quantity > 1 for task in published.tasks) == 245


@needs_bench
def test_every_published_point_has_its_text(published):
    assert all(point.text for task in published.tasks for point in task.points)
    keys = [(line.record, line.params["key"]) for line in published.lines if line.code == Code.CORRUPT_KEY]
    assert keys == [("product-198", "point极requirement"), ("product-207", "point极requirement"), ("product-233", "point_极速")]


@needs_bench
def test_the_listed_prices_differ_where_they_are_known_to(published):
    assert published.count_lines()[Code.PRICE_SUM_DIFFERS] == 174
    listed = sum(item.price_usd for task in published.tasks for item in task.deliverables)
    assert listed == Decimal("295038.28")
    (uneven,) = [task for task in published.tasks if len({item.price_usd for item in task.deliverables}) > 1]
    assert (uneven.task_id, uneven.deliverables[-1].price_usd) == ("digital-059", Decimal("23.14"))


@needs_bench
def test_every_dirty_value_is_read_or_reported(published):
    counts = published.count_lines()

    assert {code.value: counts[code] for code in counts} == {
        "source_missing": 271,
        "price_sum_differs": 174,
        "unit_unknown": 73,
        "ratio_and_size": 44,
        "unknown_file_type": 20,
        "same_brief": 25,
        "shared_image": 14,
        "zero_dimension": 12,
        "ratio_unparsed": 12,
        "point_gap": 9,
        "ratio_one_number": 6,
        "unnumbered_image": 4,
        "empty_brief": 3,
        "corrupt_key": 3,
        "no_folder": 1,
        "misplaced_rule": 1,
        "implausible_dpi": 1,
    }
    assert all(line.outcome == Outcome.WARNING and line.reason for line in published.lines)
    assert all(line.file for line in published.lines if line.code != Code.SAME_BRIEF)


def read_independently():
    """The rules of every published deliverable as its file has them, by task and place in it; read with nothing of the import."""
    raw = [task for path in sorted(BENCH.glob("C-*/*.json")) for task in json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)]
    listed = [(task["task_id"], enumerate(task["hard_rules"]["deliverables"])) for task in raw]
    return {(task_id, index): item.get("rules") for task_id, items in listed for index, item in items}


def read_sides(specs):
    """Width and height where both are there, whatever else is; None otherwise."""
    size = specs.get("dimensions")
    return (size["width"], size["height"]) if isinstance(size, dict) and {"width", "height"} <= set(size) else None


def disagree(specs):
    """Whether width and height are more than 2 % away from a ratio a:b."""
    sides, match = read_sides(specs), re.fullmatch(r"([\d.]+):([\d.]+)", specs.get("aspect_ratio", ""))
    return bool(sides and match) and abs(Decimal(sides[0]) / sides[1] / (Decimal(match[1]) / Decimal(match[2])) - 1) > Decimal("0.02")


def list_reported(bench, code):
    """The deliverables about which the import reports `code`."""
    places = [(line.record, re.search(r"deliverables\[(\d+)\]", line.field)) for line in bench.lines if line.code == code]
    return {(task_id, int(match[1])) for task_id, match in places}


@needs_bench
def test_the_import_reports_the_dirty_sizes_that_an_independent_reading_finds(published):
    visual = {place: (rules or {}).get("visual_specs") or {} for place, rules in read_independently().items()}
    sides = {place: found for place, specs in visual.items() if (found := read_sides(specs))}
    small = {place for place, found in sides.items() if min(found) < 100}
    zero = {place for place, specs in visual.items() if re.search(r": 0\b(?!\.)", json.dumps(specs.get("dimensions"), default=str))}

    unknown = list_reported(published, Code.UNIT_UNKNOWN)
    assert len(small) == 57
    # A thing in space has more lengths than a picture. A side of 0 says nothing, so the other alone decides about the unit.
    in_space = {place for place in sides if len(visual[place]["dimensions"]) > 2}
    assert (unknown & set(sides)) - zero == (small | in_space) - zero
    assert list_reported(published, Code.ZERO_DIMENSION) == zero
    assert list_reported(published, Code.RATIO_AND_SIZE) == {place for place, specs in visual.items() if disagree(specs)}


@needs_bench
def test_the_import_reads_rules_where_an_independent_reading_finds_any(published):
    raw = read_independently()

    read = {(task.task_id, item.number - 1): item for task in published.tasks for item in task.deliverables}
    typed = {place for place, item in read.items() if any(rule.kind == "file_type" for rule in item.rules)}
    # One list stands among the visual rules.
    assert typed - {("digital-149", 0)} == {place for place, rules in raw.items() if "file_type" in (rules or {})}
    assert (len(read), len(typed)) == (2_046, 458)
    assert {place: item.raw_rules for place, item in read.items()} == raw


@needs_bench
def test_tasks_that_share_a_brief_or_an_image_are_those_an_independent_reading_finds(published):
    briefs, images = defaultdict(list), defaultdict(set)
    for path in sorted(BENCH.glob("C-*/*.json")):
        for task in json.loads(path.read_text(encoding="utf-8")):
            order = task["original_task_data"]
            briefs[order["task_name_original"], order["requirements_original"]].append(task["task_id"])
    for path in BENCH.glob("C-*/refs/task_*/*"):
        name = f"{path.parts[-4].removeprefix('C-').lower()}-{int(path.parent.name.removeprefix('task_')):03d}"
        images[path.read_bytes()].add(name)

    def reported(code):
        return Counter(frozenset([line.record, *line.params["tasks"].split(", ")]) for line in published.lines if line.code == code)

    groups = [frozenset(ids) for ids in briefs.values() if len(ids) > 1]
    assert (len(groups), sum(map(len, groups))) == (25, 51)
    assert reported(Code.SAME_BRIEF) == Counter(groups)
    assert reported(Code.SHARED_IMAGE) == Counter(frozenset(ids) for ids in images.values() if len(ids) > 1)


@needs_bench
def test_the_published_rules_become_typed_values(published):
    deliverables = [item for task in published.tasks for item in task.deliverables]
    rules = [rule for item in deliverables for rule in item.rules]
    by_kind = Counter(rule.kind for rule in rules)
    types = [rule.types for item in deliverables for rule in item.rules if rule.kind == "file_type"]

    # 886 aspect ratios: 12 are no ratio, 24 are words for an orientation (竖版 6, 竖排 5, 横排 5, 横版 4, 长方形 2, 竖标, horizontal).
    assert by_kind["ratio"] + by_kind["orientation"] == 886 - 12
    assert by_kind["orientation"] == 24
    assert sum(rule.kind == "ratio" and rule.text == "1:1" for rule in rules) == 672
    # 300 (206), 72 (149), 380, 8000
    assert by_kind["dpi"] == 357
    # 457 lists and the one among visual rules; 207 of the 457 name no raster format.
    assert len(types) == 458
    assert sum(all(item.file_class != "raster" for item in listed) for listed in types) == 207
    assert [item.raw_rules for item in deliverables].count(None) == 574
    assert all(rules_from_json(json.loads(json.dumps(rules_as_json(item.rules)))) == item.rules for item in deliverables)


@needs_bench
def test_the_images_of_the_copy_at_hand_are_found(published):
    by_id = {task.task_id: task for task in published.tasks}
    files = list(BENCH.glob("C-*/refs/*/*"))
    # Portraits are edited from a photo; the shared copy leaves their pictures out.
    editing = [task for task in published.tasks if task.editing]

    assert len(editing) == 271
    assert all(task.source_missing and task.sources == (BenchImage(number=1, name=None),) for task in editing)
    assert {task.category for task in editing} == {"Portrait"}
    assert sum(len(task.references) for task in published.tasks) == len(files)
    assert by_id["product-079"].references == (BenchImage(number=1, name="C-Product/refs/task_79/1.jpeg"),)
    assert [image.name.rpartition("/")[2] for image in by_id["product-025"].references] == [
        "1.jpg",
        "2.jpg",
        "2012070209425844764.jpg",
        "2012070209425893128.jpg",
    ]
    (absent,) = [line for line in published.lines if line.code == Code.NO_FOLDER]
    assert (absent.file, absent.params["tasks"]) == ("C-Portrait/refs", 271)


@needs_bench
def test_a_zip_of_the_folder_gives_the_same_tasks(published, tmp_path):
    files = {f"ServImage_Bench/{path.relative_to(BENCH)}": path.read_bytes() for path in BENCH.glob("C-*/*.json")}

    zipped = read_bench(ZipTree(make_zip(files)))

    bare = [task.with_images((), ()) for task in published.tasks]
    assert list(zipped.tasks) == bare


def test_a_portrait_without_its_input_is_editing_with_the_source_missing(tmp_path):
    records = {"Portrait": [make_record("portrait-001"), make_record("portrait-002")], "Product": [make_record("product-001")]}
    tree = make_bench(tmp_path, records, {"C-Portrait/inputs/task_2/1.jpg": b"x"})

    bench = read_bench(tree)

    missing, there, creation = bench.tasks
    assert (missing.editing, missing.source_missing, missing.sources) == (True, True, (BenchImage(number=1, name=None),))
    assert (there.editing, there.source_missing) == (True, False)
    assert there.sources == (BenchImage(number=1, name="C-Portrait/inputs/task_2/1.jpg"),)
    assert (creation.editing, creation.source_missing) == (False, False)
    assert [line.record for line in bench.lines if line.code == Code.SOURCE_MISSING] == ["portrait-001"]


def test_gaps_and_odd_names_among_images_are_named(tmp_path):
    names = ["1.jpg", "3.PNG", "3.jpg", "10.jpg", "2012071015203477804.png", "cover.webp", "notes.txt", "deep/1.jpg"]
    files = {f"C-Product/refs/task_001/{name}": b"x" for name in names}
    files |= {"C-Product/refs/task_99/1.jpg": b"x", "C-Product/refs/other/1.jpg": b"x", "C-Product/refs/stray.jpg": b"x"}

    bench = read_bench(make_bench(tmp_path, {"Product": [make_record()]}, files))

    images = [(image.number, image.name and image.name.rpartition("/")[2]) for image in bench.tasks[0].references]
    numbered = {1: "1.jpg", 3: "3.PNG", 10: "10.jpg"}
    assert images[:10] == [(number, numbered.get(number)) for number in range(1, 11)]
    assert images[10:] == [(11, "3.jpg"), (12, "cover.webp"), (13, "2012071015203477804.png")]
    found = Counter(line.code for line in bench.lines)
    assert (found[Code.IMAGE_GAP], found[Code.DUPLICATE_NUMBER], found[Code.UNNUMBERED_IMAGE]) == (7, 1, 2)
    assert (found[Code.UNUSABLE_NAME], found[Code.NO_SUCH_TASK]) == (4, 1)


def test_tasks_with_the_same_brief_are_named_once_across_categories(tmp_path):
    same = {"original_task_data": {"task_name_original": "Logo", "requirements_original": "For a bakery"}}
    orders = {name: make_record(name) for name in ("product-001", "product-002", "digital-001", "digital-002")}
    for name in ("product-001", "product-002", "digital-001"):
        orders[name]["original_task_data"] |= same["original_task_data"]
    # Another brief under the same name.
    orders["digital-002"]["original_task_data"]["task_name_original"] = "Logo"
    records = {
        category: [order for name, order in orders.items() if name.startswith(category.lower())] for category in ("Product", "Digital")
    }

    bench = read_bench(make_bench(tmp_path, records))

    [line] = [line for line in bench.lines if line.code == Code.SAME_BRIEF]
    assert (line.record, line.params["tasks"]) == ("product-001", "product-002, digital-001")
    assert len(bench.tasks) == 4


def test_an_image_of_several_tasks_is_named_once_and_one_of_the_same_length_is_not(tmp_path):
    files = {
        "C-Product/refs/task_1/1.jpg": b"cat",
        "C-Product/refs/task_1/2.jpg": b"cat",
        "C-Product/refs/task_2/1.jpg": b"dog",
        "C-Digital/inputs/task_1/1.png": b"cat",
    }
    records = {"Product": [make_record("product-001"), make_record("product-002")], "Digital": [make_record("digital-001")]}

    bench = read_bench(make_bench(tmp_path, records, files))

    [line] = [line for line in bench.lines if line.code == Code.SHARED_IMAGE]
    assert (line.file, line.record, line.params["tasks"]) == ("C-Product/refs/task_1/1.jpg", "product-001", "digital-001")


def test_a_category_left_out_is_noted_and_costs_nothing_else(tmp_path):
    tree = make_bench(tmp_path, {"Product": [make_record()]})
    (tmp_path / "C-Digital/Digital.json").unlink()

    bench = read_bench(FolderTree(tree.root))

    assert [task.task_id for task in bench.tasks] == ["product-001"]
    (line,) = [line for line in bench.lines if line.code == Code.NO_CATEGORY]
    assert (line.outcome, line.file) == (Outcome.WARNING, "C-Digital/Digital.json")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[{", Code.BAD_JSON),
        ("[NaN]", Code.BAD_JSON),
        ("[1e99999999999999999999]", Code.BAD_JSON),
        ("[" * 100_000, Code.BAD_JSON),
        ("[" * 100 + "]" * 100, Code.BAD_JSON),
        ("[" + "9" * 10_000 + "]", Code.BAD_JSON),
        (b"\xff\xfe[]", Code.BAD_ENCODING),
        ("{}", Code.WRONG_TYPE),
        ('"tasks"', Code.WRONG_TYPE),
    ],
)
def test_a_malformed_file_costs_its_category_only(tmp_path, content, code):
    bench = read_bench(make_bench(tmp_path, {"Digital": content, "Product": [make_record()]}))

    assert [task.task_id for task in bench.tasks] == ["product-001"]
    assert [(line.file, line.code) for line in bench.lines if line.outcome == Outcome.REJECTED] == [("C-Digital/Digital.json", code)]


def test_a_byte_order_mark_is_no_fault(tmp_path):
    content = b"\xef\xbb\xbf" + json.dumps([make_record()]).encode()

    assert len(read_bench(make_bench(tmp_path, {"Product": content})).tasks) == 1


def test_a_category_in_two_places_is_not_guessed(tmp_path):
    files = {"old/C-Product/Product.json": json.dumps([make_record()])}

    bench = read_bench(make_bench(tmp_path, {"Product": [make_record()]}, files))

    assert bench.tasks == ()
    assert Code.AMBIGUOUS_FILE in codes_of(bench)


ORDER = make_record()["original_task_data"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"task_id": "../evil"}, Code.BAD_TASK_ID, "task_id"),
        ({"task_id": 7}, Code.WRONG_TYPE, "task_id"),
        ({"task_category": "C-Digital"}, Code.WRONG_CATEGORY, "task_category"),
        ({"original_task_data": None}, Code.WRONG_TYPE, "original_task_data"),
        ({"original_task_data": {}}, Code.MISSING_KEY, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": "100"}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": True}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": 0}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": -5}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": 1.005}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"price_usd": 1e300}}, Code.BAD_PRICE, "original_task_data.price_usd"),
        ({"original_task_data": ORDER | {"task_name_original": " "}}, Code.BLANK_TEXT, "original_task_data.task_name_original"),
        ({"original_task_data": ORDER | {"task_name_original": "x" * 2001}}, Code.TEXT_TOO_LONG, "original_task_data.task_name_original"),
        ({"original_task_data": ORDER | {"task_name_original": "a\0b"}}, Code.BAD_CHARACTERS, ""),
        ({"original_task_data": ORDER | {"task_name_original": "a\ud800b"}}, Code.BAD_CHARACTERS, ""),
        ({"original_task_data": ORDER | {"output_quantity": 2}}, Code.QUANTITY_DIFFERS, "original_task_data.output_quantity"),
        ({"original_task_data": ORDER | {"output_quantity": 0}}, Code.OUT_OF_RANGE, "original_task_data.output_quantity"),
        ({"original_task_data": ORDER | {"output_quantity": True}}, Code.WRONG_TYPE, "original_task_data.output_quantity"),
        ({"original_task_data": ORDER | {"output_quantity": 1.0}}, Code.WRONG_TYPE, "original_task_data.output_quantity"),
        ({"hard_rules": {}}, Code.MISSING_KEY, "hard_rules.deliverables"),
        ({"hard_rules": {"deliverables": [3]}}, Code.WRONG_TYPE, "hard_rules.deliverables[0]"),
        ({"hard_rules": {"deliverables": [{}]}}, Code.MISSING_KEY, "hard_rules.deliverables[0].subtask"),
        ({"soft_rules": []}, Code.WRONG_TYPE, "soft_rules"),
    ],
)
def test_an_unusable_record_is_refused_with_its_place_and_the_rest_goes_on(tmp_path, changes, code, field):
    bench = read_one(tmp_path, **changes)

    assert [task.task_id for task in bench.tasks] == ["product-002"]
    (line,) = [line for line in bench.lines if line.outcome == Outcome.REJECTED]
    assert (line.file, line.code, line.field) == ("C-Product/Product.json", code, field)
    assert line.record == ("[0]" if field == "task_id" else "product-001")


@pytest.mark.parametrize("price", ["92.50", "$92,500.00", "$92.5", "€92.50", "$-1.00", "", 92.5, None])
def test_a_deliverable_price_of_another_shape_is_left_out_with_a_warning(tmp_path, price):
    bench = read_one(tmp_path, hard_rules={"deliverables": [{"subtask": "Logo", "price_usd": price}]})

    assert bench.tasks[0].deliverables[0].price_usd is None
    (line,) = [line for line in bench.lines if line.field.endswith("price_usd")]
    assert (line.outcome, line.record, line.field) == (Outcome.WARNING, "product-001", "hard_rules.deliverables[0].price_usd")


def test_the_task_price_stands_where_the_listed_prices_add_up_to_another(tmp_path):
    # 100 / 3 is listed as $33.33 three times: $99.99.
    (task, _), lines = (bench := read_one(tmp_path, quantity=3)).tasks, bench.lines

    (line,) = [line for line in lines if line.code == Code.PRICE_SUM_DIFFERS]
    assert task.price_usd == Decimal("100.00")
    assert (line.record, dict(line.params)) == ("product-001", {"sum": "99.99", "price": "100.00"})


def test_a_task_that_is_there_twice_is_read_once(tmp_path):
    bench = read_bench(make_bench(tmp_path, {"Product": [make_record(), make_record(price=5), make_record("product-002")]}))

    assert [(task.task_id, task.price_usd) for task in bench.tasks] == [("product-001", 100), ("product-002", 100)]
    assert [line.code for line in bench.lines if line.outcome == Outcome.REJECTED] == [Code.DUPLICATE_TASK]


@pytest.mark.parametrize(
    ("points", "code", "kept"),
    [
        ([{"point_id": "ep_001", "point极requirement": "A"}], Code.CORRUPT_KEY, 1),
        ([{"point_id": "ep_001", "point_a": "A", "point_b": "B"}], Code.MISSING_KEY, 0),
        ([{"point_id": "ep_001", "text": "A"}], Code.MISSING_KEY, 0),
        ([{"point_id": "ep_001", "point_requirement": 3}], Code.WRONG_TYPE, 0),
        ([{"point_requirement": "A"}], Code.MISSING_KEY, 0),
        (["A"], Code.WRONG_TYPE, 0),
        ([], Code.NO_POINTS, 0),
        ([{"point_id": "ep_003", "point_requirement": "A"}], Code.POINT_GAP, 1),
        ([{"point_id": "ep_001", "point_requirement": text} for text in "AB"], Code.DUPLICATE_POINT, 2),
    ],
)
def test_a_faulty_point_costs_no_more_than_itself(tmp_path, points, code, kept):
    bench = read_one(tmp_path, soft_rules={"points": points})

    assert len(bench.tasks) == 2
    assert len(bench.tasks[0].points) == kept
    assert code in codes_of(bench)


def test_a_key_that_is_there_twice_is_reported(tmp_path):
    text = json.dumps([make_record()]).replace('"output_quantity"', '"price_usd": 7, "output_quantity"')

    bench = read_bench(make_bench(tmp_path, {"Product": text}))

    assert codes_of(bench) == [Code.REPEATED_KEY]
    assert bench.tasks[0].price_usd == 100


def test_an_empty_brief_and_absent_optional_keys_are_no_reason_to_refuse(tmp_path):
    bench = read_one(tmp_path, original_task_data=ORDER | {"requirements_original": ""})

    assert bench.tasks[0].brief == ""
    assert codes_of(bench) == [Code.EMPTY_BRIEF]
