"""What a lead sees of the judges at a candidate, and what an adjudicator sees after the blind answer."""

import csv
import io
import uuid

import pytest
from django.urls import reverse

from judging.lead.candidate_scores import read_scores
from judging.rubrics.base import Why
from labeling.models import Deliverable, Image, Membership, Task
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.hold import replace_image
from labeling.protocol.replace import replace_untouched
from labeling.protocol.submission import Submission
from tests.factories import (
    agree,
    dispute,
    make_bundle,
    make_generator,
    make_image,
    make_lead,
    make_person,
    make_project,
    make_task,
    make_user,
)
from tests.judging.made_scores import (
    keep_brf,
    keep_call,
    keep_nothing,
    keep_pay,
    keep_quality,
    keep_rules,
    keep_set,
    make_judge_row,
)
from tests.labeling.raw_rows import answered, raw_agreement, raw_assignment, raw_dispute
from tests.labeling.visiting import HTMX, read, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair():
    """A task of two images with two points, delivered by one generator."""
    project = make_project()
    generator = make_generator(slug="zanzibar-xl", display_name="Zanzibar XL")
    return make_bundle(make_task(project, quantity=2, points=2), generator)


def url(name, project, *args):
    return reverse(f"judging:{name}", args=[project.slug, *args])


def list_candidates(bundle):
    return list(bundle.candidates.select_related("project", "bundle__task", "deliverable").order_by("deliverable__number"))


def find_row(table, label):
    """What each judge says in one row, as it is shown."""
    [row] = [row for row in table.rows if str(row.label) == label]
    return [cell and cell.shown for cell in row.cells]


# The query


def test_judges_stand_side_by_side_with_the_newest_version_of_each_and_older_ones_apart(pair):
    first, _second = list_candidates(pair)
    project = first.project
    old, new = make_judge_row(project, "alpha", 1), make_judge_row(project, "alpha", 2)
    beta = make_judge_row(project, "beta")
    for judge, clarity in ((old, 1), (new, 4.5), (beta, 2)):
        keep_quality(judge, pair, first.pk, clarity=clarity)

    scores = read_scores(first)

    assert [one.name for one in scores.newest.judges] == ["alpha 2", "beta 1"]
    assert find_row(scores.newest, "clarity") == ["4.5", "2.0"]
    assert [one.name for one in scores.older.judges] == ["alpha 1"]


def test_what_parts_add_up_to_follows_the_worked_examples(pair):
    first, _second = list_candidates(pair)
    judge, partial = make_judge_row(first.project), make_judge_row(first.project, "beta")
    # Clarity 4, realism 5, aesthetic 3, no text: (4.5 + 3) / 2 = 3.75. BRF: one of two points, 2.5. CNS of a set: (3 + 4) / 2 = 3.5.
    keep_quality(judge, pair, first.pk)
    keep_brf(judge, pair, [[1, 0], [1, 0]])
    keep_set(judge, pair, [3, 4])
    keep_nothing(judge, pair, "cns_edit", first.pk, Why.NOT_APPLICABLE)
    # A text that could not be read is not a picture without text.
    keep_quality(partial, pair, first.pk)
    partial.scores.filter(concept="veq_text").update(why="refused")

    table = read_scores(first).newest

    assert find_row(table, "visual quality (VEQ)") == ["3.8", None]
    assert find_row(table, "consistency (CNS)") == ["3.5", None]
    # (2.5 + 3.75 + 3.5) / 3 = 3.25
    [mean] = [row.cells[0].value for row in table.rows if row.label == "mean of brief, quality and consistency"]
    assert mean == pytest.approx(3.25)
    assert find_row(table, "text") == ["does not apply", "the model refused to answer"]


def test_points_are_ticked_by_this_image_by_another_one_or_by_none(pair):
    _first, second = list_candidates(pair)
    judge = make_judge_row(second.project)
    keep_brf(judge, pair, [[1, 0], [0, 0]], reason="no logo")

    [one, two] = read_scores(second).newest.points

    assert [(tick.met, tick.reason) for tick in (*one.ticks, *two.ticks)] == [("elsewhere", "no logo"), ("no", "no logo")]


def test_ticks_of_points_that_the_task_no_longer_has_are_not_shown(pair):
    first, _second = list_candidates(pair)
    keep_brf(make_judge_row(first.project), pair, [[1, 0], [0, 0]])
    pair.task.points.create(number=3, point_id="ep_003", text="Added later")

    assert read_scores(first).newest.points == []


def test_a_score_says_that_it_is_about_another_image(pair):
    first, second = list_candidates(pair)
    judge = make_judge_row(first.project)
    for candidate in (first, second):
        keep_quality(judge, pair, candidate.pk)
    keep_set(judge, pair, [3, 4])
    before = {cell.is_earlier for candidate in (first, second) for cell in read_scores(candidate).newest.judges[0].cells.values()}

    assert replace_untouched(first.pk, make_image(), None)

    told = {
        candidate.deliverable.number: {name: cell.is_earlier for name, cell in read_scores(candidate).newest.judges[0].cells.items()}
        for candidate in list_candidates(pair)
    }
    assert before == {False}
    # The set holds a picture that was not judged; the quality of the other picture stands.
    assert told[1]["veq_clarity"]
    assert not told[2]["veq_clarity"]
    assert told[1]["cns_set"]
    assert told[2]["cns_set"]


def test_a_score_says_that_it_is_about_an_earlier_brief_and_its_ticks_never_stand_beside_new_points(pair):
    first, _second = list_candidates(pair)
    judge = make_judge_row(first.project)
    keep_brf(judge, pair, [[1, 0], [0, 0]])
    keep_quality(judge, pair, first.pk)
    before = read_scores(first).newest

    # As many points as before, and other ones.
    pair.task.points.filter(number=1).update(text="There is a teapot")
    type(pair.task).objects.filter(pk=pair.task_id).update(version=2)
    after = read_scores(list_candidates(pair)[0]).newest

    assert {cell.is_earlier for cell in before.judges[0].cells.values()} == {False}
    assert len(before.points) == 2
    assert {cell.is_earlier for cell in after.judges[0].cells.values()} == {True}
    assert after.points == []
    # Nothing is added up of it either.
    assert [row.label for row in before.rows if row.is_total] == ["visual quality (VEQ)"]
    assert [row.label for row in after.rows if row.is_total] == []


def test_a_score_of_a_bundle_is_about_something_older_once_a_picture_is_withdrawn_or_returned(pair):
    first, second = list_candidates(pair)
    keep_set(make_judge_row(first.project), pair, [3, 4])
    told = []
    for state in ("open", "withdrawn", "held"):
        second.__class__.objects.filter(pk=second.pk).update(state=state, q_state=0 if state == "open" else 6, reason="x")
        told.append(read_scores(first).newest.judges[0].cells["cns_set"].is_earlier)

    # What is held is still judged.
    assert told == [False, True, False]


def add_sample(candidate, **fields):
    """A further sample of the same deliverable, which was not submitted."""
    fields = {"sample": 2, "is_submitted_sample": False, "image": make_image(), "sort": candidate.sort, "lane": candidate.lane} | fields
    return candidate.bundle.candidates.create(
        project=candidate.project, deliverable=candidate.deliverable, state="open", q_state=0, **fields
    )


def test_what_was_said_of_the_bundle_is_not_said_of_a_sample_that_was_not_submitted(pair):
    first, _second = list_candidates(pair)
    judge = make_judge_row(first.project)
    keep_brf(judge, pair, [[1, 0], [0, 1]])
    keep_call(judge, pair, "brf", "about the bundle")
    further = add_sample(first)

    shown = read_scores(further)
    replies = read(visit_as(make_lead(first.project)).get(url("raw_replies", first.project, further.public_id)))

    assert shown.is_empty
    assert not read_scores(first).is_empty
    assert "about the bundle" not in replies


def test_a_judge_of_hard_rules_has_no_column_and_tells_the_numbers(pair):
    first, _second = list_candidates(pair)
    rule = {"kind": "dpi", "min_dpi": 300, "weak": False}
    size = {"kind": "size", "boxes": [{"width": 640, "height": 480, "unit": "px"}], "weak": False}
    Deliverable.objects.filter(task=pair.task, number=1).update(rules=[rule, size])
    Image.objects.filter(pk=first.image_id).update(dpi=72)
    keep_rules(make_judge_row(first.project, "rules", rubric="hard_rules", backend="code", model=""), pair)

    table = read_scores(first).newest

    assert table.judges == []
    [judge] = table.rulers
    assert judge.cells["hard_rules"].shown == "50 %"
    assert [(line.status, line.text, line.note) for line in judge.rules] == [
        ("unmet", "Resolution: at least 300 dpi", "This one: 72 dpi"),
        ("met", "Size: 640 × 480 px", ""),
    ]


# The lead's page


def test_a_lead_reads_scores_reasons_flags_and_the_decision_on_one_page(pair):
    first, second = list_candidates(pair)
    project, lead = first.project, make_lead(first.project)
    judge, payer = make_judge_row(project), make_judge_row(project, "payer", rubric="pay_direct")
    keep_quality(judge, pair, first.pk)
    keep_set(judge, pair, [3, 4])
    keep_brf(judge, pair, [[1, 0], [1, 0]])
    keep_pay(payer, pair, first.pk, 0.734)
    agree(second)

    page = read(visit_as(lead).get(url("candidate_scores", project, first.public_id)))
    other = read(visit_as(lead).get(url("candidate_scores", project, second.public_id)))

    assert "People: no decision yet" in page
    assert "People: accept two equal answers" in other
    # One of two points: 5 x 1/2.
    assert "meets the brief 2.5" in page
    assert "clarity 4.0" in page
    assert "not a photograph: this scale is hard on it" in page
    assert "Reason soft edges" in page
    assert "other colours" in page
    assert "this image 3.0" in page
    assert "73 %" in page
    assert "says: accept" in page
    assert "would be redone" in page
    assert "✗ not met the logo is missing" in page
    assert "would be redone" not in other


def test_a_script_gets_the_part_alone_and_a_page_says_that_nobody_has_looked(pair):
    first, _second = list_candidates(pair)
    client = visit_as(make_lead(first.project))

    part = client.get(url("candidate_scores", first.project, first.public_id), **HTMX)
    page = client.get(url("candidate_scores", first.project, first.public_id))

    assert "<html" not in part.content.decode()
    assert "No judge has looked at this yet." in read(part)
    assert "No judge has looked at this yet." in read(page)
    assert url("judges", first.project) in part.content.decode()


def test_the_page_of_the_candidate_asks_for_the_scores_and_links_to_them_and_to_the_case(pair):
    first, _second = list_candidates(pair)

    page = visit_as(make_lead(first.project)).get(reverse("labeling:candidate", args=[first.project.slug, first.public_id]))

    scores = url("candidate_scores", first.project, first.public_id)
    assert f'hx-get="{scores}"' in page.content.decode()
    assert f'href="{scores}"' in page.content.decode()
    assert f'href="{url("case", first.project, pair.task.external_id)}"' in page.content.decode()


def test_a_classical_judge_is_named_a_baseline(pair):
    first, _second = list_candidates(pair)
    judge = make_judge_row(first.project, "measures", rubric="classical", backend="code", model="")
    judge.scores.create(bundle=pair, candidate=first, image=first.image, part="measures", concept="veq_clarity", value=3.2, inputs="x")

    assert "measures 1 baseline" in read(visit_as(make_lead(first.project)).get(url("candidate_scores", first.project, first.public_id)))


def test_the_scores_of_a_candidate_are_a_table_to_keep(pair):
    first, _second = list_candidates(pair)
    judge = make_judge_row(first.project)
    keep_quality(judge, pair, first.pk)
    keep_brf(judge, pair, [[1, 0], [0, 0]])

    response = visit_as(make_lead(first.project)).get(url("candidate_table", first.project, first.public_id))

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = {row["concept"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["veq_clarity"]["value"] == "4.0"
    assert (rows["veq_text"]["value"], rows["veq_text"]["why"]) == ("", "not_applicable")
    assert (rows["brf"]["about"], rows["brf"]["value"]) == ("bundle", "2.5")
    assert (rows["point_1"]["value"], rows["point_2"]["value"], rows["point_2"]["comment"]) == ("1", "0", "the logo is missing")


def test_raw_replies_are_those_about_the_candidate_and_its_bundle(pair):
    first, second = list_candidates(pair)
    judge = make_judge_row(first.project)
    keep_call(judge, pair, "brf", '{"all": "of them"}')
    call = keep_call(judge, pair, "veq_text", '{"mine": "<b>x</b>"}', first.pk)
    keep_call(judge, pair, "veq_text", '{"other": 1}', second.pk)
    keep_call(judge, pair, "veq_aesthetic", "no", first.pk, parsed=None, why="no_json")

    response = visit_as(make_lead(first.project)).get(url("raw_replies", first.project, first.public_id))

    page = read(response)
    assert '{"all": "of them"}' in page
    assert "&lt;b&gt;x&lt;/b&gt;" in response.content.decode()
    assert '{"other": 1}' not in page
    assert "no JSON in the reply" in page
    assert url("call", first.project, call.run.public_id, call.pk) in response.content.decode()


@pytest.mark.parametrize("name", ["candidate_scores", "candidate_table", "raw_replies"])
def test_pages_of_scores_are_the_leads_alone(pair, name):
    first, _second = list_candidates(pair)
    keep_quality(make_judge_row(first.project), pair, first.pk)
    path = url(name, first.project, first.public_id)

    others = [make_person(first.project), make_lead(make_project())]

    assert {visit_as(person).get(path).status_code for person in others} == {404}
    assert visit_as(make_lead(first.project)).get(path).status_code == 200


# The adjudicator


@pytest.fixture
def disputed(pair):
    """The second image of the pair is disputed, and judged together with the first."""
    first, second = list_candidates(pair)
    judge = make_judge_row(second.project, "Zanzibar watch")
    keep_brf(judge, pair, [[1, 0], [0, 1]], reason="no logo")
    keep_quality(judge, pair, second.pk, reason="typical of Zanzibar XL")
    keep_quality(judge, pair, first.pk, clarity=1.5)
    keep_set(judge, pair, [2.5, 4.5])
    keep_pay(make_judge_row(second.project, "payer", rubric="pay_direct"), pair, second.pk, 0.25)
    keep_call(judge, pair, "brf", "raw words")
    dispute(second)
    return second


def take(candidate, person):
    lease = take_adjudication(candidate.project, person)
    assert lease.candidate_id == candidate.pk
    return lease


def answer_blind(lease, person):
    submit_blind(lease.public_id, person, Submission(verdict="reject"), uuid.uuid4())


def test_an_adjudicator_sees_scores_only_after_the_blind_answer_and_as_long_as_the_answers_are_shown(disputed):
    judge = make_person(disputed.project)
    client, lease = visit_as(judge), take(disputed, judge)
    path = url("revealed_scores", disputed.project, lease.public_id)

    before = client.get(path).status_code
    answer_blind(lease, judge)
    after = client.get(path).status_code
    confirm_adjudication(lease.public_id, judge, "taste", None, uuid.uuid4())

    assert (before, after, client.get(path).status_code) == (404, 200, 200)


def test_nobody_else_opens_the_scores_of_an_adjudication(disputed):
    judge = make_person(disputed.project)
    lease = take(disputed, judge)
    answer_blind(lease, judge)
    path = url("revealed_scores", disputed.project, lease.public_id)

    others = [make_person(disputed.project), make_person(disputed.project, can_adjudicate=False), make_lead(disputed.project)]

    assert {visit_as(person).get(path).status_code for person in others} == {404}
    elsewhere = make_project()
    Membership.objects.create(project=elsewhere, person=judge, can_adjudicate=True)
    assert visit_as(judge).get(url("revealed_scores", elsewhere, lease.public_id)).status_code == 404


def test_on_the_test_side_an_adjudicator_confirms_without_scores(pair):
    first, _second = list_candidates(pair)
    keep_quality(make_judge_row(first.project), pair, first.pk)

    Task.objects.filter(pk=first.bundle.task_id).update(is_test_side=True)
    page = reveal(first)

    assert "Judge 1" not in page
    assert "clarity" not in page


@pytest.mark.parametrize("purpose", ["audit", "second_adjudication", "primary"])
def test_what_ends_without_a_reveal_has_no_scores(pair, purpose):
    first, _second = list_candidates(pair)
    keep_quality(make_judge_row(first.project), pair, first.pk)
    if purpose == "second_adjudication":
        raw_dispute(first, make_user(), make_user())
        raw_assignment(first, make_user(), **answered(purpose="adjudication"))
    else:
        raw_agreement(first)
    person = make_person(first.project)
    row = raw_assignment(first, person, **answered(purpose=purpose, **({"round": 2} if purpose == "primary" else {})))

    assert visit_as(person).get(url("revealed_scores", first.project, row.public_id)).status_code == 404


def test_an_adjudicator_sees_this_image_alone_and_nothing_that_names_a_generator(disputed):
    judge = make_person(disputed.project)
    lease = take(disputed, judge)
    answer_blind(lease, judge)

    response = visit_as(judge).get(url("revealed_scores", disputed.project, lease.public_id))

    page, markup = read(response), response.content.decode().lower()
    assert "Judge 1" in page
    assert "clarity 4.0" in page
    # Its own place in the set, not the mean of both, 3.5, nor the brief as the two meet it together, 5.0.
    assert "fits its set 4.5" in page
    assert "another palette than the rest (4.5)" in page
    assert "(2.5)" not in page
    assert "3.5" not in page
    assert "meets the brief" not in page
    # The first point is met by the other image alone.
    assert "Point 1 ✗ not met no logo" in page
    assert "Point 2 ✓ met" in page
    assert "25 %" in page
    for secret in ("zanzibar", "raw words", "scripted-1", str(disputed.public_id), "another image"):
        assert secret not in markup.replace(response.request["PATH_INFO"], "")


@pytest.fixture
def alone():
    """The only image of a task with two points, judged and not disputed yet."""
    bundle = make_bundle(make_task(make_project(), quantity=1, points=2), make_generator(slug="zanzibar-xl", display_name="Zanzibar XL"))
    judge = make_judge_row(bundle.task.project)
    keep_brf(judge, bundle, [[1, 1]])
    return bundle


def reveal(candidate):
    """What an adjudicator reads about it after the blind answer."""
    dispute(candidate)
    judge = make_person(candidate.project)
    lease = take(candidate, judge)
    answer_blind(lease, judge)
    return read(visit_as(judge).get(url("revealed_scores", candidate.project, lease.public_id)))


def test_the_brief_is_shown_of_a_bundle_of_one_picture(alone):
    [only] = list_candidates(alone)

    page = reveal(only)

    assert "meets the brief 5.0" in page
    assert "Point 1 ✓ met" in page


@pytest.mark.parametrize("was", ["sample", "withdrawn"])
def test_nothing_of_the_bundle_is_shown_where_it_has_or_had_another_picture(alone, was):
    [only] = list_candidates(alone)
    more = {"state": "withdrawn", "q_state": 6, "reason": "no longer asked for"} if was == "withdrawn" else {}
    other = add_sample(only)
    only.bundle.candidates.filter(pk=other.pk).update(**more)

    page = reveal(only)

    assert "meets the brief" not in page
    # What its own row says stays.
    assert "Point 1 ✓ met" in page


def test_an_adjudicator_of_a_sample_that_was_not_submitted_sees_nothing_of_the_one_that_was(alone):
    [only] = list_candidates(alone)
    further = add_sample(only)
    further.project = only.project
    # Only the further sample may be taken.
    only.bundle.candidates.filter(pk=only.pk).update(state="held", q_state=6)

    page = reveal(further)

    assert "No judge has looked at this yet." in page
    assert "meets the brief" not in page


def test_flags_of_others_are_shown_without_a_generator_and_without_those_of_the_whole_set(pair):
    first, second = list_candidates(pair)
    judge = make_judge_row(first.project)
    own = {"image": second.image, "candidate": second, "part": "p", "concept": "veq_clarity", "value": 2, "inputs": "x"}
    judge.scores.create(bundle=pair, detail={"flags": ["zanzibar_xl_look", "edge_seam"]}, **own)
    rows = [{"sample": second.pk, "score": 4, "flags": ["color_palette_broken"]}]
    judge.scores.create(bundle=pair, part="p", concept="cns_set", value=3, inputs="x", detail={"flags": ["first_is_worse"], "images": rows})

    page = reveal(second)

    assert "clarity 2.0" in page
    assert "seam around the edit" in page
    assert "other colours" in page
    assert "zanzibar" not in page.lower()
    assert "first_is_worse" not in page


def test_a_script_is_told_that_there_are_no_scores_by_an_empty_reply(pair):
    _first, second = list_candidates(pair)
    dispute(second)
    judge = make_person(second.project)
    lease = take(second, judge)
    answer_blind(lease, judge)
    client, path = visit_as(judge), url("revealed_scores", second.project, lease.public_id)

    assert client.get(path, **HTMX).status_code == 204
    assert "No judge has looked at this yet." in read(client.get(path))


def test_scores_of_an_image_that_replaced_the_adjudicated_one_say_so(disputed):
    judge = make_person(disputed.project)
    lease = take(disputed, judge)
    answer_blind(lease, judge)
    lead, _third = make_lead(disputed.project), make_person(disputed.project)
    replace_image(disputed.public_id, lead, make_image(), "A better one")
    keep_quality(make_judge_row(disputed.project, "later"), disputed.bundle, disputed.pk)

    page = read(visit_as(judge).get(url("revealed_scores", disputed.project, lease.public_id)))

    # Of the picture that was adjudicated, and of the one that took its place.
    assert page.count("about an earlier image or brief") >= 1


def test_the_reveal_links_to_the_scores_and_the_blind_card_does_not(disputed):
    judge = make_person(disputed.project)
    client, lease = visit_as(judge), take(disputed, judge)
    path = url("revealed_scores", disputed.project, lease.public_id)

    blind = client.get(reverse("labeling:adjudicate", args=[disputed.project.slug])).content.decode()
    answer_blind(lease, judge)
    revealed = client.get(reverse("labeling:reveal", args=[disputed.project.slug, lease.public_id])).content.decode()

    assert "/scores" not in blind.replace("css/scores.css", "")
    assert path in revealed
