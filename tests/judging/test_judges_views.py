"""The Judges page, one judge, and the forms that make another: what they show, refuse, and never show."""

import csv
import io
from dataclasses import fields

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from judging.backends.registry import CONFIGS
from judging.forms.judges import JudgeForm, split_complaints
from judging.forms.settings_fields import ADVANCED, MAKERS
from judging.lead.judge_concepts import list_concepts
from judging.lead.judges import list_judges
from judging.lead.table import COLUMNS, CONCEPT_COLUMNS, RUN_COLUMNS
from judging.lead.words import CONCEPTS, PARTS, RUBRICS, WHY
from judging.models import Judge, JudgeRun
from judging.protocol.judges import make_judge
from judging.rubrics import registry
from judging.rubrics.base import Why
from labeling.models import Candidate
from tests.factories import make_image, make_lead, make_person, make_project, make_task
from tests.judging.made_scores import keep_brf, keep_quality, keep_set, make_judge_row
from tests.judging.making import judge_all, make_judged_project, make_pictured_bundle, make_server_judge, work
from tests.judging.scripted_server import ScriptedServer, say
from tests.labeling.visiting import read, told, visit_as

pytestmark = pytest.mark.django_db

GOOD = say('{"verdict": "accept", "probability": 0.8, "reason": "Fits."}')
OPENAI = {"name": "hosted", "rubric": "pay_direct", "base_url": "http://127.0.0.1:9/v1", "model": "some-vlm"}
# What the form shows of a server before anybody has typed.
USUAL = {"temperature": "0.0", "seed": "0", "max_in_flight": "8", "requests_per_minute": "0", "timeout_s": "120", "pictures": "8"}


def go(name, project, *args, **query):
    """The address of a page of the judges."""
    return reverse(f"judging:{name}", args=[project.slug, *args], query=query or None)


def typed(**values):
    """A form for a server, filled in."""
    return {**OPENAI, **USUAL, "json_mode": "schema", **values}


@pytest.fixture
def judge_servers(monkeypatch):
    """The server that whoever runs the site lets judges ask, without a key or with one."""
    monkeypatch.setenv("SERVIMAGE_JUDGE_SERVERS", "SOME_KEY=http://127.0.0.1:9/v1")


@pytest.fixture
def server():
    """A server that would pay for everything."""
    with ScriptedServer(default=GOOD) as server:
        yield server


def test_a_project_without_judges_says_what_they_are_and_one_button_makes_the_baselines_judge_everything():
    project, _bundles = make_judged_project((1, 2))
    visitor = visit_as(make_lead(project))
    before = read(visitor.get(go("judges", project)))

    reply = visitor.post(go("start_baselines", project))

    assert "No judges yet" in before
    assert reply.url == go("judges", project)
    assert told(reply) == ["The baselines judge every candidate now."]
    assert [(judge.name, judge.rubric, judge.backend) for judge in Judge.objects.order_by("name")] == [
        ("classical", "classical", "code"),
        ("hard-rules", "hard_rules", "code"),
    ]
    for run in JudgeRun.objects.all():
        assert work(run).state == "done"
    page = read(visitor.get(go("judges", project)))
    assert page.count("3 of 3") == 2
    assert "No judges yet" not in page
    assert "Judge everything with the baselines" not in page


def test_the_baselines_are_started_once_however_often_the_button_is_pressed():
    project, _bundles = make_judged_project((1,))
    visitor = visit_as(make_lead(project))

    said = [told(visitor.post(go("start_baselines", project)))[-1] for _ in range(2)]

    assert said == ["The baselines judge every candidate now.", "The baselines are at work already."]
    assert JudgeRun.objects.count() == 2


def test_the_table_tells_coverage_rates_and_cost(server):
    project, _bundles = make_judged_project((1, 3))
    server.script.append(say("I would rather not."))
    judge = make_server_judge(project, server.url, "pay_direct", price_in_usd=2.0, price_out_usd=10.0, max_in_flight=1)
    judge_all(judge)

    [row] = list_judges(project)

    # Four candidates, one question each; the first reply was unusable once and good when asked again.
    assert (row.covered.count, row.covered.total) == (4, 4)
    assert (row.unusable.count, row.unusable.total) == (0, 4)
    # Five replies of 1,000 tokens in and 50 out: 5 * (0.002 + 0.0005).
    assert f"{row.cost_usd:.4f}" == "0.0125"
    assert row.last_run is not None
    assert row.last_run.state == "done"


def test_a_candidate_whose_image_was_replaced_is_no_longer_covered(server):
    project, bundles = make_judged_project((1, 3))
    judge = make_server_judge(project, server.url, "pay_direct")
    judge_all(judge)

    Candidate.objects.filter(bundle=bundles[0]).update(image=make_image())
    bundles[1].candidates.filter(deliverable__number=3).update(state="withdrawn", q_state=6, reason="no")

    [row] = list_judges(project)
    # Three can be judged; of those the one with another image was not.
    assert (row.covered.count, row.covered.total) == (2, 3)
    assert row.cost_usd is None


def test_a_judge_of_bundles_alone_covers_the_candidates_of_the_bundles_it_spoke_about():
    project, _bundles = make_judged_project((1, 3))
    with ScriptedServer() as server:
        judge = make_server_judge(project, server.url, parts=["brf"])
        judge_all(judge)

    [row] = list_judges(project)

    assert (row.covered.count, row.covered.total) == (4, 4)


def refuse_all(project, monkeypatch, **fields):
    """A judge that a model refused everything."""
    with ScriptedServer(default=say("I'm sorry, but I can't help with that.")) as server:
        monkeypatch.setenv("SERVIMAGE_JUDGE_SERVERS", f"={server.url}")
        judge = make_server_judge(project, server.url, **fields)
        judge_all(judge)
    return judge


@pytest.mark.parametrize("parts", [["brf"], ["veq_text"], []])
def test_a_candidate_whose_replies_were_unusable_is_not_judged(monkeypatch, parts):
    project, _bundles = make_judged_project((1, 2))
    judge = refuse_all(project, monkeypatch, parts=parts)

    [row] = list_judges(project)

    assert judge.scores.count() > 0
    assert (row.covered.count, row.covered.total) == (0, 3)
    assert row.unusable.count == row.unusable.total > 0


def test_a_candidate_is_judged_once_every_concept_of_the_judge_is_there():
    project, bundles = make_judged_project((1, 1))
    judge = make_judge_row(project, parts=["brf", "veq_technical", "veq_text"])
    counts = []
    for bundle in bundles:
        only = bundle.candidates.get()
        keep_brf(judge, bundle, [[1, 0]])
        counts.append(list_judges(project)[0].covered.count)
        keep_quality(judge, bundle, only.pk)
        counts.append(list_judges(project)[0].covered.count)
    # No text in the picture is all that there can be said of it; a reply that cannot be read is not.
    judge.scores.filter(concept="veq_text", bundle=bundles[0]).update(why="cut_off")
    counts.append(list_judges(project)[0].covered.count)

    assert counts == [0, 1, 1, 2, 1]


@pytest.mark.parametrize("change", ["brief", "own picture", "picture beside it"])
def test_what_was_judged_before_a_change_covers_nothing_and_is_in_no_mean(change):
    project, [bundle] = make_judged_project((2,))
    judge = make_judge_row(project, parts=["brf", "cns_set"])
    first, second = bundle.candidates.order_by("deliverable__number")
    keep_brf(judge, bundle, [[1, 0], [1, 0]])
    keep_set(judge, bundle, [3, 4])
    before = list_judges(project)[0].covered.count, [(row.concept, row.mean) for row in list_concepts(judge)]

    if change == "brief":
        type(bundle.task).objects.update(version=2)
    else:
        Candidate.objects.filter(pk=first.pk if change == "own picture" else second.pk).update(image=make_image())

    assert before == (2, [("brf", 2.5), ("cns_set", 3.5)])
    assert (list_judges(project)[0].covered.count, list_concepts(judge)) == (0, [])


def test_a_judge_whose_scores_were_imported_covers_what_it_says_anything_about():
    project, [bundle] = make_judged_project((2,))
    judge = make_judge_row(project, backend="imported")
    first, _second = bundle.candidates.order_by("deliverable__number")
    fields = {"bundle": bundle, "inputs": "x", "part": "p", "value": 3}
    judge.scores.create(candidate=first, image=first.image, concept="veq_clarity", **fields)
    own = list_judges(project)[0].covered.count
    judge.scores.create(concept="brf", **fields)

    assert (own, list_judges(project)[0].covered.count) == (1, 2)


def test_the_pages_of_judges_never_read_the_calls_and_take_as_many_queries_however_much_was_judged(server):
    project, _bundles = make_judged_project((1,))
    judge = make_server_judge(project, server.url)
    judge_all(judge)
    visitor = visit_as(make_lead(project))
    paths = [go("judges", project), go("judges_table", project), go("judge", project, judge.public_id)]
    visitor.get(paths[0])
    asked = []
    for tasks in (0, 3):
        for _ in range(tasks):
            make_pictured_bundle(make_task(project, quantity=2))
        judge_all(judge)
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                b"".join(visitor.get(path))
            asked.append([query["sql"] or "" for query in queries])

    assert not [sql for queries in asked for sql in queries if "judging_call" in sql]
    assert [len(queries) for queries in asked[:3]] == [len(queries) for queries in asked[3:]]


def test_scores_that_cannot_be_are_told_as_not_applicable():
    project, _bundles = make_judged_project((1, 3))
    judge = make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    judge_all(judge)

    [row] = list_judges(project)

    # None of these deliverables has a hard rule.
    assert (row.not_applicable.count, row.not_applicable.total) == (4, 4)
    page = read(visit_as(make_lead(project)).get(go("judge", project, judge.public_id)))
    assert "hard rules met 0 – – 4 0" in page


def test_the_table_is_there_as_csv():
    project, _bundles = make_judged_project((1,))
    judge_all(make_judge(project, None, "hard-rules", "code", "hard_rules", {}))

    reply = visit_as(make_lead(project)).get(go("judges_table", project))

    [header, row] = csv.reader(io.StringIO(reply.getvalue().decode("utf-8-sig")))
    told = dict(zip(header, row, strict=True))
    assert tuple(header) == COLUMNS
    assert (told["judge"], told["candidates"], told["covered"], told["calls"], told["last_run_state"]) == (
        "hard-rules",
        "1",
        "1",
        "0",
        "done",
    )


def test_a_judge_is_made_with_what_was_typed_and_nothing_else(judge_servers):
    project = make_project()

    reply = visit_as(make_lead(project)).post(
        go("new_judge", project, "openai"),
        typed(key_variable="SOME_KEY", price_in_usd="2.5", price_out_usd="10", temperature="", pictures="4"),
    )

    judge = Judge.objects.get()
    assert reply.url == go("judge", project, judge.public_id)
    assert told(reply) == ["hosted 1 is ready. Start a run to let it judge."]
    assert judge.config == {
        "base_url": "http://127.0.0.1:9/v1",
        "model": "some-vlm",
        "key_variable": "SOME_KEY",
        # Left empty: it is not to be sent.
        "temperature": None,
        "pictures": 4,
        "price_in_usd": 2.5,
        "price_out_usd": 10.0,
    }


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"base_url": "ftp://somewhere"}, "base_url", "base_url is 'ftp://somewhere'; it must be an http or https address"),
        ({"base_url": "http://me:secret@host/v1"}, "base_url", "base_url holds a name or a password"),
        ({"key_variable": "not a name"}, "key_variable", "key_variable is not the name of an environment variable"),
        ({"key_variable": "DATABASE_URL"}, "key_variable", "key_variable is not one whose key may be sent to this address"),
        (
            {"base_url": "http://elsewhere:8000/v1"},
            "base_url",
            "base_url is 'http://elsewhere:8000/v1', which judges of this site may not ask",
        ),
        ({"temperature": "7"}, "temperature", "less than or equal to 2"),
        ({"pictures": "0"}, "pictures", "greater than or equal to 1"),
        ({"model": ""}, "model", "This field is required"),
        ({"rubric": "classical"}, "rubric", "Select a valid choice"),
        ({"parts": ["brf"]}, "parts", "This rubric does not have: meets the brief."),
    ],
)
def test_a_wrong_setting_is_told_at_its_field(judge_servers, values, field, text):
    project = make_project()

    reply = visit_as(make_lead(project)).post(go("new_judge", project, "openai"), typed(**values))

    form = reply.context["form"]
    assert reply.status_code == 422
    assert list(form.errors) == [field]
    assert text in " ".join(form.errors[field])
    assert text.split("'")[0] in read(reply)
    assert not Judge.objects.exists()


@pytest.mark.parametrize("field", ["name", "key_variable", "base_url", "model", "revision"])
def test_a_key_typed_by_mistake_is_neither_kept_nor_complained_about_aloud(field):
    project = make_project()
    secret = "sk-abcdefghijklmnopqrstuvwxyz0123456789"

    reply = visit_as(make_lead(project)).post(go("new_judge", project, "openai"), typed(**{field: secret}))

    assert reply.status_code == 422
    assert not Judge.objects.exists()
    assert secret not in " ".join(str(error) for error in reply.context["form"].errors.values())
    assert secret not in reply.content.decode()


def test_stored_replies_are_read_from_the_folders_of_imports_alone(settings, tmp_path):
    project = make_project()
    settings.IMPORT_ROOTS = [tmp_path / "in"]
    for folder in ("in", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "replies.jsonl").write_text("{}\n")
    visitor, form = visit_as(make_lead(project)), {"name": "published", "rubric": "pay_direct", "pictures": "8"}

    refused = visitor.post(go("new_judge", project, "replay"), {**form, "file": str(tmp_path / "out" / "replies.jsonl")})
    made = visitor.post(go("new_judge", project, "replay"), {**form, "file": "replies.jsonl"})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["file"])
    assert made.status_code == 302
    assert Judge.objects.get().config["file"] == str(tmp_path / "in" / "replies.jsonl")


def test_a_version_is_made_from_the_one_before_and_the_same_settings_make_none():
    project = make_project()
    visitor = visit_as(make_lead(project))
    visitor.post(go("new_judge", project, "openai"), typed(price_in_usd="2.5"))
    first = Judge.objects.get()

    page = visitor.get(go("new_judge", project, "openai", like=str(first.public_id)))
    same = visitor.post(go("new_judge", project, "openai"), typed(price_in_usd="2.5"))
    dearer = visitor.post(go("new_judge", project, "openai"), typed(price_in_usd="3"))
    visitor.post(go("new_judge", project, "openai"), typed(price_in_usd="3", temperature="0.5"))

    assert page.context["form"]["base_url"].value() == "http://127.0.0.1:9/v1"
    assert page.context["form"]["price_in_usd"].value() == 2.5
    assert page.context["form"]["seed"].value() == 0
    assert same.url == dearer.url == go("judge", project, first.public_id)
    first.refresh_from_db()
    # A price changes no score, so it is changed in the version there is.
    assert first.config["price_in_usd"] == 3
    assert list(Judge.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_a_form_shows_the_settings_that_its_backend_has_and_no_others(kind):
    page = visit_as(make_lead(project := make_project())).get(go("new_judge", project, kind))

    wanted = {"name", "rubric", "parts", *(field.name for field in fields(CONFIGS[kind]))}
    assert set(page.context["form"].fields) == wanted
    for name in set(MAKERS) - wanted:
        assert f'name="{name}"' not in page.content.decode()


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_an_untouched_form_gives_the_settings_of_the_backend_itself(kind, settings, tmp_path):
    settings.IMPORT_ROOTS = [tmp_path]
    (tmp_path / "replies.jsonl").write_text("{}\n")
    own = {name: field.initial for name, field in JudgeForm(None, kind).fields.items() if field.initial is not None}
    needed = {"name": "x", "rubric": "pay_direct", "base_url": "http://127.0.0.1:9/v1", "model": "m", "file": "replies.jsonl"}

    form = JudgeForm({**own, **needed}, kind)

    assert form.is_valid(), form.errors
    assert set(form.config()) <= {"base_url", "model", "file"}


@pytest.mark.pure
def test_every_setting_has_a_field_and_every_word_is_needed():
    settings = {field.name for config in CONFIGS.values() for field in fields(config)}

    assert set(MAKERS) == settings
    assert set(ADVANCED) <= settings


@pytest.mark.pure
def test_every_reason_part_concept_and_rubric_has_words():
    rubrics = [registry.get_rubric(name) for name in registry.RUBRICS]

    assert set(WHY) == set(Why)
    assert {rubric.name for rubric in rubrics} <= set(RUBRICS)
    assert {part for rubric in rubrics for part in rubric.list_parts()} <= set(PARTS)
    assert {concept for rubric in rubrics for concept in rubric.concepts} <= set(CONCEPTS)


@pytest.mark.pure
def test_complaints_are_told_apart_by_the_setting_they_begin_with():
    text = "model is '': too short. pictures is 0: should be greater. See http://127.0.0.1/v1 for more."

    assert split_complaints(text, ["model", "pictures"]) == [
        ("model", "model is '': too short."),
        ("pictures", "pictures is 0: should be greater. See http://127.0.0.1/v1 for more."),
    ]
    assert split_complaints("They do not fit.", ["model"]) == [(None, "They do not fit.")]


def test_the_page_of_a_judge_tells_its_settings_and_where_its_key_is(judge_servers):
    project = make_project()
    judge = make_server_judge(project, "http://127.0.0.1:9/v1", "pay_direct", key_variable="SOME_KEY", price_in_usd=2.0)

    page = read(visit_as(make_lead(project)).get(go("judge", project, judge.public_id)))

    assert "Variable that holds the key SOME_KEY" in page
    assert "USD for a million tokens that go in 2.0" in page
    assert "not known: the judge has no prices" in page
    assert "Nothing yet." in page


def test_a_judge_of_another_project_is_not_there():
    here, there = make_project(), make_project()
    judge = make_server_judge(there, "http://127.0.0.1:9/v1", "pay_direct")
    visitor = visit_as(make_lead(here))

    assert visitor.get(go("judge", here, judge.public_id)).status_code == 404
    assert visitor.get(go("judge", there, judge.public_id)).status_code == 404
    assert visitor.get(go("new_judge", here, "code")).status_code == 404
    # Nobody learns its settings by naming it as an example either.
    assert b"127.0.0.1:9" not in visitor.get(go("new_judge", here, "openai", like=str(judge.public_id))).content


def test_an_archived_project_shows_its_judges_and_offers_to_change_nothing():
    project, _bundles = make_judged_project((1,))
    judge = make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    visitor = visit_as(make_lead(project))
    visitor.post(reverse("labeling:archive", args=[project.slug]))

    pages = [visitor.get(go(*page)).content.decode() for page in (("judges", project), ("judge", project, judge.public_id))]

    assert all("hard-rules" in page for page in pages)
    assert all("judges/run/" not in page and "judges/new/" not in page and "judges/baselines" not in page for page in pages)
    assert told(visitor.post(go("start_baselines", project)))[0].startswith("This project is archived")


def test_the_list_of_candidates_leads_to_a_run_over_those_it_shows():
    project, _bundles = make_judged_project((1, 3))
    make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    visitor = visit_as(make_lead(project))

    listed = visitor.get(reverse("labeling:candidates", args=[project.slug]), {"state": "open"}).content.decode()
    page = read(visitor.get(go("new_run", project, state="open")))

    assert f'href="{go("new_run", project, state="open")}"' in listed
    assert "State: open" in page
    assert "4 candidates" in page


def test_nothing_of_the_judges_is_there_for_people_who_answer():
    project = make_project()
    judge = make_server_judge(project, "http://127.0.0.1:9/v1", "pay_direct")
    visitor = visit_as(make_person(project))

    for page in (("judges", project), ("judges_table", project), ("judge", project, judge.public_id), ("new_run", project)):
        assert visitor.get(go(*page)).status_code == 404
    assert visitor.post(go("start_baselines", project)).status_code == 404


@pytest.mark.parametrize(
    ("part", "columns", "first"),
    [("concepts", CONCEPT_COLUMNS, ["hard_rules", "0", "", "", "", "4", "0"]), ("runs", RUN_COLUMNS, None)],
)
def test_what_a_judge_says_and_its_runs_are_there_as_csv(part, columns, first):
    project, _bundles = make_judged_project((1, 3))
    judge = make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    run = judge_all(judge)
    visitor = visit_as(make_lead(project))

    reply = visitor.get(go("judge_table", project, judge.public_id, part))

    [header, row] = csv.reader(io.StringIO(reply.getvalue().decode("utf-8-sig")))
    assert tuple(header) == columns
    assert row == first or row[:2] == [str(run.public_id), "done"]
    assert visitor.get(go("judge_table", project, judge.public_id, "secrets")).status_code == 404
