"""The case sheet of a task: what was ordered, delivered, decided, scored and paid."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from judging.lead.case_sheet import read_case
from judging.rubrics.base import Value
from labeling.models import Asset, Candidate, Deliverable
from labeling.protocol.hold import withdraw_candidate
from tests.factories import agree, make_bundle, make_generator, make_image, make_lead, make_person, make_project, make_task
from tests.judging.made_scores import keep_brf, keep_pay, keep_quality, keep_set, keep_values, make_judge_row
from tests.labeling.visiting import read, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered():
    """A task of two images for $90, delivered by three generators."""
    project = make_project()
    task = make_task(project, quantity=2, points=3, brief="Two posters.\n两张海报。", price_usd=Decimal("90.00"))
    for name in ("Aardvark", "Bison", "Cat"):
        make_bundle(task, make_generator(slug=name.lower(), display_name=name))
    return task


def url(name, task, **query):
    return reverse(f"judging:{name}", args=[task.project.slug, task.external_id], query=query or None)


def list_candidates(task, slug):
    of = Candidate.objects.filter(bundle__task=task, bundle__generator__slug=slug)
    return list(of.select_related("project", "bundle").order_by("deliverable__number"))


def decide(task, slug, *verdicts):
    for candidate, verdict in zip(list_candidates(task, slug), verdicts, strict=False):
        agree(candidate, verdict)


def test_a_task_is_paid_only_where_every_image_of_it_is_accepted(ordered):
    decide(ordered, "aardvark", "accept", "accept")
    decide(ordered, "bison", "accept", "reject")
    decide(ordered, "cat", "accept")

    sheet = read_case(ordered)

    told = [(block.generator.slug, block.payment, block.paid_usd, block.accepted) for block in sheet.blocks]
    # All or nothing: one of two accepted is no half of the price.
    assert told == [("aardvark", "paid", 90, 2), ("bison", "unpaid", 0, 1), ("cat", "open", 0, 1)]
    assert sheet.paid == 1


def test_what_was_not_delivered_is_not_accepted_and_what_is_withdrawn_leaves_the_task_out(ordered):
    decide(ordered, "aardvark", "accept", "accept")
    decide(ordered, "bison", "accept", "reject")
    missing = list_candidates(ordered, "cat")[1]
    Candidate.objects.filter(pk=missing.pk).delete()
    for slug in ("aardvark", "bison"):
        # In both it is the second image, which the first generator got accepted and the second did not.
        withdraw_candidate(list_candidates(ordered, slug)[1].public_id, make_lead(ordered.project), "The client asked for it.")

    sheet = read_case(ordered)

    assert [block.payment for block in sheet.blocks] == ["left_out", "left_out", "unpaid"]
    assert [shot.candidate for shot in sheet.blocks[2].shots][1] is None


def test_the_judge_that_scored_most_is_shown_unless_another_is_asked_for(ordered):
    # Made last and asked about less: neither the newest nor the first is shown for that alone.
    many, few = make_judge_row(ordered.project, "many"), make_judge_row(ordered.project, "few", rubric="pay_direct")
    for candidate in list_candidates(ordered, "aardvark"):
        keep_quality(many, candidate.bundle, candidate.pk)
    keep_pay(few, candidate.bundle, candidate.pk, 0.9)

    by_itself, asked = read_case(ordered), read_case(ordered, str(few.public_id))

    # Clarity, realism and looks of two images; there is no text in them.
    assert by_itself.judges == [(many, 6), (few, 1)]
    assert by_itself.judge == many
    assert asked.judge == few
    assert [cell.shown for cell in asked.blocks[0].shots[1].cells] == ["90 %"]
    assert read_case(ordered, "no-such-judge").judge == many


def test_points_count_for_the_bundle_and_quality_for_each_image(ordered):
    judge = make_judge_row(ordered.project)
    [first, second] = list_candidates(ordered, "bison")
    keep_brf(judge, first.bundle, [[1, 0, 0], [0, 1, 0]])
    keep_quality(judge, first.bundle, second.pk)
    keep_set(judge, first.bundle, [3, 5])

    [_aardvark, bison, _cat] = read_case(ordered).blocks

    assert bison.points == [True, True, False]
    # 5 x 2/3, and the mean of 3 and 5.
    assert [(cell.concept, cell.shown) for cell in bison.cells] == [("brf", "3.3"), ("cns_set", "4.0")]
    assert bison.shots[0].cells == []
    assert bison.shots[1].totals.veq == 3.75


def test_scores_about_an_earlier_brief_are_marked_and_in_no_figure(ordered):
    old, new = make_judge_row(ordered.project, "old"), make_judge_row(ordered.project, "new")
    [first, _second] = list_candidates(ordered, "bison")
    for judge in (old, new):
        keep_brf(judge, first.bundle, [[1, 0, 0], [0, 1, 0]])
        keep_quality(judge, first.bundle, first.pk)
    type(ordered).objects.filter(pk=ordered.pk).update(version=2)
    ordered.refresh_from_db()
    new.scores.filter(concept="veq_clarity").update(task_version=2)
    client = visit_as(make_lead(ordered.project))

    sheet, page = read_case(ordered, str(old.public_id)), read(client.get(url("case", ordered, judge=old.public_id)))
    told = json.loads(client.get(url("case_json", ordered, judge=old.public_id)).content)["generators"][1]

    # Brief, clarity, realism and looks; of the other judge clarity was told again.
    assert sheet.judges == [(new, 1), (old, 0)]
    assert sheet.blocks[1].points == []
    assert "meets the brief 3.3 about an earlier image or brief" in page
    assert "points met" not in page
    assert "VEQ" not in page
    assert told["images"][0]["scores"] == {}
    assert told["images"][0]["earlier"] == ["brf", "veq_clarity", "veq_realism", "veq_aesthetic", "veq_text"]
    assert told["images"][0]["veq"] is None
    assert told["points_met"] == []


def test_the_sheet_shows_the_order_and_what_came_of_it(ordered):
    judge = make_judge_row(ordered.project)
    [first, _second] = list_candidates(ordered, "bison")
    keep_brf(judge, first.bundle, [[1, 0, 0], [0, 1, 0]])
    keep_quality(judge, first.bundle, first.pk)
    decide(ordered, "aardvark", "accept", "accept")
    decide(ordered, "bison", "reject", "accept")
    Deliverable.objects.filter(task=ordered, number=2).update(rules=[{"kind": "dpi", "min_dpi": 300, "weak": False}])
    reference = make_image()
    Asset.objects.create(task=ordered, role="reference", number=1, image=reference)

    response = visit_as(make_lead(ordered.project)).get(url("case", ordered))

    page = read(response)
    assert "Price $90.00" in page
    assert "Price of one image $45.00" in page
    assert "两张海报。" in page
    assert "2 Image 2 : Resolution at least 300 dpi" in page
    assert "1 of 3 generators would be paid for the whole task." in page
    assert "Aardvark paid $90.00 · 2 of 2 accepted" in page
    assert "Bison not paid · 1 of 2 accepted" in page
    assert "points met 2 of 3" in page
    assert "VEQ 3.8" in page
    assert f"/lead/image/{reference.sha256}/thumb" in response.content.decode()


def make_delivered(project, quantity, points, generators, judge):
    """A task with every image of so many generators judged."""
    task = make_task(project, quantity=quantity, points=points)
    for _ in range(generators):
        bundle = make_bundle(task)
        values = [Value(concept="veq_clarity", sample=row.pk, value=3.5) for row in bundle.candidates.all()]
        keep_values(judge, bundle, "veq_technical", values)
    return task


def test_the_largest_task_takes_no_more_queries_than_a_small_one():
    project = make_project()
    judge = make_judge_row(project)
    small, large = make_delivered(project, 1, 1, 1, judge), make_delivered(project, 23, 48, 4, judge)
    client = visit_as(make_lead(project))
    client.get(url("case", small))

    counts = []
    for task in (small, large):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url("case", task))
        counts.append(len(queries))

    assert counts[0] == counts[1]
    # Every image of every generator, 4 x 23, and every point.
    assert response.content.decode().count('<li class="shot">') == 92
    assert "Point 48" in read(response)


def test_the_numbers_are_a_table_and_json_to_keep(ordered):
    judge = make_judge_row(ordered.project)
    [first, second] = list_candidates(ordered, "aardvark")
    keep_brf(judge, first.bundle, [[1, 0, 0], [0, 1, 0]])
    keep_quality(judge, first.bundle, second.pk, text=2)
    decide(ordered, "aardvark", "accept", "accept")
    client = visit_as(make_lead(ordered.project))

    table, data = client.get(url("case_table", ordered)), client.get(url("case_json", ordered, judge=judge.public_id))

    rows = list(csv.DictReader(io.StringIO(b"".join(table.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert [rows[1][name] for name in ("generator", "deliverable", "decision", "payment", "paid_usd")] == [
        *("aardvark", "2", "accept"),
        *("paid", "90.00"),
    ]
    # (4.5 + 3 + 2) / 3 = 3.1667
    assert float(rows[1]["veq"]) == pytest.approx(3.16667, abs=1e-5)
    assert (rows[0]["veq"], rows[0]["points_met"], rows[2]["points_met"]) == ("", "2", "")
    told = json.loads(data.content)
    assert told["price_usd"] == "90.00"
    assert told["generators"][0]["points_met"] == [True, True, False]
    assert told["generators"][0]["images"][1]["scores"]["veq_text"] == 2
    assert told["generators"][1]["images"][0]["decision"] is None


@pytest.mark.parametrize("name", ["case", "case_table", "case_json"])
def test_the_sheet_is_the_leads_alone_and_of_one_project(ordered, name):
    path = url(name, ordered)
    lead, other = make_lead(ordered.project), make_lead(make_project())

    assert {visit_as(person).get(path).status_code for person in (make_person(ordered.project), other)} == {404}
    assert visit_as(lead).get(path).status_code == 200
    assert visit_as(lead).get(path.replace(ordered.external_id, "no-such-task")).status_code == 404


def test_a_task_is_found_whatever_its_id(ordered):
    type(ordered).objects.filter(pk=ordered.pk).update(external_id="client a/订单 7")
    ordered.refresh_from_db()
    client = visit_as(make_lead(ordered.project))

    assert client.get(url("case", ordered)).status_code == 200
    assert "-case.json" in client.get(url("case_json", ordered))["Content-Disposition"]


def test_a_task_without_any_delivery_or_judge_says_so(ordered):
    empty = make_task(ordered.project, quantity=1)
    client = visit_as(make_lead(ordered.project))

    assert "Nothing has been delivered for this task yet." in read(client.get(url("case", empty)))
    assert "No judge has looked at this yet." in read(client.get(url("case", ordered)))
