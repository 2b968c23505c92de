"""The assistance page, its tables and chart, the same over the API, the command, and the inbox of what was switched off."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.urls import reverse

from labeling.browse.find import count_found
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted, read_params
from labeling.forms.browse import BrowseForm
from labeling.jobs.run import run_here
from labeling.models import Event, Job, Project, Report
from labeling.quality.advice import advise
from labeling.quality.effect_rows import ANSWERS_HEADER, EFFECTS_HEADER, EffectRow, Part, read_parts
from labeling.quality.forest import draw_forest, find_ticks
from labeling.quality.job import KIND
from tests.factories import make_lead, make_person, make_project
from tests.labeling.drawn import make_assisted_project, measure_assistance
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def assisted():
    """A measured project in which 24 of 32 disputes were lost by the assisted seat, and its lead."""
    project, _people, _candidates = make_assisted_project(lost=24)
    measure_assistance(project)
    return project, make_lead(project)


@pytest.fixture
def stopped():
    """A project whose suggestions a measurement has switched off, and its lead."""
    project, _people, _candidates = make_assisted_project(lost=30, generators=12, stop_points=5)
    run_here(project, KIND, {})
    return Project.objects.get(pk=project.pk), make_lead(project)


def test_the_page_says_what_a_lead_can_act_on_and_shows_every_effect(assisted):
    project, lead = assisted

    page = read(visit_as(lead).get(address("assistance", project)))

    # 32 of 96 pairs differ, in all of which the assisted seat accepts; 24 of them it lost: 16 of 96 more than the other one.
    assert "People who saw the suggestion accepted 33.3 points more often" in page
    assert "They were wrong more often by 16.7 points" in page
    assert "consider switching suggestions off" in page
    assert "tiny-1 · measured" in page
    # The 96 answers of the assisted seats accept in 32 and in half of the other 64; the blind ones in the latter alone.
    assert "Accepts 66.7 % 33.3 % +33.3" in page
    assert "Both answers equal fewer than 50" in page
    assert "Wrong on gold fewer than 20" in page
    assert "assisted suggestion pre-filled 96" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"arm": "treated", "pair": "any"}, 96),
        ({"arm": "treated", "pair": "different"}, 32),
        ({"arm": "treated", "pair": "equal"}, 64),
        ({"arm": "control", "pair": "any"}, 48),
        ({"arm": "control", "pair": "different"}, 16),
        ({"version": "tiny-1"}, 144),
        ({"version": "tiny-2"}, 0),
        ({"policy": "measured"}, 144),
        ({"policy": "all"}, 0),
    ],
)
def test_a_figure_opens_its_candidates(assisted, query, count):
    project, _lead = assisted

    assert count_found(project, read_params(query), ById()).number == count


def test_the_links_of_the_page_find_as_many_as_it_says(assisted):
    project, lead = assisted
    [part] = read_parts(Report.objects.get().figures)

    for _name, candidates, query, different, different_query in part.counts:
        for expected, asked in ((candidates, query), (different, different_query)):
            reply = visit_as(lead).get(address("candidates", project) + "?" + asked)
            assert f"{expected} candidates" in read(reply)


def test_what_only_agreement_has_cannot_be_asked_with_a_draw(assisted):
    project, _lead = assisted

    form = BrowseForm({"arm": "treated", "exposure": "mixed"}, project)

    assert list(form.errors) == ["exposure"]
    assert Wanted(arm="treated", pair="different").asks_for_pair is False


@pytest.mark.parametrize(("part", "header", "count"), [("effects", EFFECTS_HEADER, 9), ("answers", ANSWERS_HEADER, 3)])
def test_every_table_is_there_as_csv(assisted, part, header, count):
    project, lead = assisted

    rows = list(csv.reader(io.StringIO(visit_as(lead).get(address("assistance_table", project, part)).getvalue().decode("utf-8-sig"))))

    assert tuple(rows[0]) == header
    assert len(rows) == count + 1
    assert {row[0] for row in rows[1:]} == {"tiny-1"}


def test_the_chart_is_an_svg_file_with_a_title_and_colours_of_its_own(assisted):
    project, lead = assisted

    reply = visit_as(lead).get(address("assistance_chart", project, 1))

    root = ElementTree.fromstring(reply.content)
    assert (
        root.find("{http://www.w3.org/2000/svg}title").text == "Effects of the suggestions of tiny-1, in points, with their 95 % intervals"
    )
    assert "+33.3" in reply.content.decode()
    assert "#1f5fbf" in reply.content.decode()


def test_what_does_not_exist_is_not_found(assisted):
    project, lead = assisted
    never = make_project()

    assert visit_as(lead).get(address("assistance_table", project, "secrets")).status_code == 404
    assert visit_as(lead).get(address("assistance_chart", project, 2)).status_code == 404
    assert visit_as(make_lead(never)).get(address("assistance_table", never, "effects")).status_code == 404
    assert visit_as(make_person(project)).get(address("assistance", project)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "is_measured", "text"),
    [
        ({}, False, "No model's suggestions are in use"),
        ({"model_version": "tiny-1"}, False, "Nothing has been measured yet"),
        ({"model_version": "tiny-1"}, True, "Suggestions of tiny-1 are in use, but no candidate drawn to show one or not had two answers"),
        ({"model_version": "tiny-1", "policy": "off"}, True, "Suggestions are switched off. Choose another assistance policy"),
    ],
)
def test_a_page_without_figures_says_why(fields, is_measured, text):
    project = make_project(**fields)
    if is_measured:
        measure_assistance(project)

    assert text in read(visit_as(make_lead(project)).get(address("assistance", project)))


def test_measuring_again_leads_back_to_the_page_that_asked(assisted):
    project, lead = assisted

    reply = visit_as(lead).post(address("measure_agreement", project), {"back": "assistance"})

    assert reply.url == address("assistance", project)
    assert Job.objects.filter(project=project, kind=KIND).count() == 1
    assert "It is being measured" in read(visit_as(lead).get(address("assistance", project)))


def test_what_was_switched_off_stands_on_the_page_in_the_inbox_and_in_the_history_until_a_lead_says_something(stopped):
    project, lead = stopped
    visitor, stop = visit_as(lead), Event.objects.get(kind="suggestions_stopped")
    why = "Over 192 pairs of answers, those who saw the suggestion of tiny-1 were wrong more often by 29.2 points"
    before = {name: read(visitor.get(address(name, project))) for name in ("assistance", "inbox", "settings")}

    reply = visitor.post(address("keep_off", project, stop.pk))

    assert all(why in page for page in before.values())
    assert reply.url == address("assistance", project)
    assert told(reply) == ["Suggestions stay switched off."]
    after = {name: read(visitor.get(address(name, project))) for name in ("assistance", "inbox", "settings")}
    assert why not in after["assistance"] + after["inbox"]
    assert "what is told here is of candidates drawn before" in after["assistance"]
    assert "Nothing waits for you." in after["inbox"]
    assert "suggestions stay switched off" in after["settings"]
    assert told(visitor.post(address("keep_off", project, stop.pk))) == ["Somebody has seen to this already."]


def test_a_program_reads_the_effects_and_answers_a_stop(stopped):
    project, lead = stopped
    visitor = visit_as(lead)

    found = visitor.get(reverse("api:assistance", args=[project.slug])).json()
    [stop] = visitor.get(reverse("api:stops", args=[project.slug])).json()["results"]
    lines = visitor.get(reverse("api:assistance_table", args=[project.slug]), {"part": "answers"}).getvalue().decode("utf-8-sig")
    done = visitor.post(reverse("api:keep_off", args=[project.slug, stop["id"]]))

    assert (found["version"], found["policy"], found["stop_points"]) == ("tiny-1", "measured", 5)
    assert found["parts"][0]["effects"]["added_error"]["value"] == stop["value"]
    assert (stop["effect"], stop["counted"], stop["stop_points"]) == ("added_error", 192, 5)
    assert lines.splitlines()[1] == "tiny-1,measured,assisted,prefilled,192"
    assert done.json() == {"results": []}
    assert visitor.get(reverse("api:stops", args=[project.slug])).json() == {"results": []}


def test_a_program_is_told_that_nothing_was_measured():
    project = make_project()

    assert visit_as(make_lead(project)).get(reverse("api:assistance", args=[project.slug])).status_code == 404


def test_the_command_prints_what_it_measured_as_json_and_in_words(assisted):
    project, _lead = assisted
    out, words, nothing = io.StringIO(), io.StringIO(), io.StringIO()

    call_command("report", "assistance", project=project.slug, json=True, stdout=out)
    call_command("report", "assistance", project=project.slug, stdout=words)
    call_command("report", "assistance", project=make_project().slug, stdout=nothing)

    assert json.loads(out.getvalue())["parts"][0]["effects"]["added_error"]["counted"] == [96, 96]
    assert "tiny-1, measured: 96 treated pairs, 48 control pairs" in words.getvalue()
    assert "accept_shift         33.333" in words.getvalue()
    assert "gold_error           withheld" in words.getvalue()
    assert "No candidate that was drawn" in nothing.getvalue()


def row(name, value=None, low=None, high=None, counted=96, is_withheld=False):
    return EffectRow(name=name, assisted=50, blind=50, value=value, low=low, high=high, counted=(counted, counted), is_withheld=is_withheld)


def part_of(*rows, treated=96, policy="measured"):
    counts = dict.fromkeys(("tasks", "treated_different", "control", "control_different", "decided"), 0)
    return Part(number=1, version="tiny-1", policy=policy, treated=treated, rows=rows, answers=[], **counts)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("part", "texts"),
    [
        (part_of(treated=7), ["Nothing to see yet: 7 of 50 pairs"]),
        (
            part_of(row("accept_shift", 4.1, 1.2, 7.0), row("added_error", 2.0, 0.4, 3.6)),
            [
                "accepted 4.1 points more often (1.2 to 7.0) than those who did not on the same images.",
                "wrong more often by 2.0 points (0.4 to 3.6)",
            ],
        ),
        (
            part_of(row("accept_shift", -4.1, -7.0, -1.2), row("added_error", -2.0, -3.6, -0.4)),
            ["accepted 4.1 points less often (1.2 to 7.0)", "wrong less often by 2.0 points (0.4 to 3.6): the suggestions help."],
        ),
        (
            part_of(row("accept_shift", 0.1, -1.2, 1.4), row("added_error", 0, -1, 1)),
            ["hardly change how often people accept: by -1.2 to 1.4 points", "hardly change how often they are wrong"],
        ),
        (
            part_of(row("accept_shift", 0.1, -8, 8), row("added_error", 1, -5, 7)),
            ["too wide to say whether suggestions change how often people accept", "too wide to say whether they are wrong more often"],
        ),
        (part_of(row("accept_shift", 0.1), row("added_error")), ["too little differs", "before disputes are adjudicated"]),
        (part_of(row("accept_shift", 3, 1, 5), row("added_error", 1)), ["too few were found"]),
        (part_of(row("accept_shift", 3, 1, 5), row("gold_error", is_withheld=True), policy="reveal"), ["than before.", "more gold"]),
        (part_of(row("accept_shift", 3, 1, 5), row("gold_error", 6, 2, 9), policy="all"), ["on control candidates.", "by 6.0 points"]),
    ],
)
def test_the_sentences_are_made_from_the_intervals(part, texts):
    said = advise(part)

    assert [text for text in texts if text not in said] == [], said


@pytest.mark.pure
def test_the_forest_plot_places_every_effect_in_points_on_one_axis():
    nothing, in_seconds = row("gold_error", is_withheld=True), row("time_shift", -4000)

    plot = draw_forest([row("accept_shift", 4, 1, 7), nothing, row("added_error", -1), in_seconds])

    # The axis goes from -2 to 8 in steps of 2, 14 units from either side of 400.
    assert [tick for tick, _x in plot.ticks] == [-2, 0, 2, 4, 6, 8]
    assert [(line.row.name, line.low, line.x, line.high) for line in plot.lines] == [
        ("accept_shift", 125.6, 237.2, 348.8),
        ("added_error", None, 51.2, None),
    ]
    assert plot.zero == 88.4
    assert draw_forest([nothing]) is None


@pytest.mark.pure
@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.3, 0.9, [-0.5, 0, 0.5, 1]),
        (-35, 12, [-40, -30, -20, -10, 0, 10, 20]),
        (-100, 100, [-100, -50, 0, 50, 100]),
    ],
)
def test_an_axis_has_round_numbers(low, high, ticks):
    assert find_ticks(low, high) == ticks
