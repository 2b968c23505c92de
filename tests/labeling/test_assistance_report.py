"""What a measurement says about the effect of assistance, read from draws, answers, adjudications and gold."""

import pytest

from labeling.jobs.run import run_here
from labeling.models import Assignment, Report
from labeling.protocol.hold import reopen_candidate
from labeling.quality.assistance import make_assistance_report
from labeling.quality.drawn import read_drawn, read_drawn_of
from labeling.quality.job import KIND
from labeling.quality.report import newest_report
from tests.factories import make_candidate, make_image, make_lead, make_person, make_project
from tests.labeling.drawn import ACCEPT, REJECT, Shown, make_assisted_project, measure_assistance, write_shown
from tests.labeling.paired import make_paired_project
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment, raw_gold, update

pytestmark = pytest.mark.django_db


def test_a_measured_project_is_told_by_version_and_policy():
    project, _people, _candidates = make_assisted_project(lost=24)

    figures = measure_assistance(project)

    assert (figures["version"], figures["policy"]) == ("tiny-1", "measured")
    [part] = figures["parts"]
    counts = {name: part[name] for name in ("version", "policy", "tasks", "treated", "treated_different", "control", "control_different")}
    assert counts == {
        "version": "tiny-1",
        "policy": "measured",
        "tasks": 24,
        "treated": 96,
        "treated_different": 32,
        "control": 48,
        "control_different": 16,
    }
    assert part["decided"] == 32
    effects = part["effects"]
    # 32 of 96 pairs differ, in all of them the assisted seat accepts, which is what is suggested.
    assert effects["accept_shift"]["value"] == pytest.approx(100 * 32 / 96)
    assert effects["follow_shift"]["value"] == pytest.approx(100 * 32 / 96)
    # 24 of the 32 were lost by the assisted seat, 8 by the other one.
    assert effects["added_error"]["value"] == pytest.approx(100 * 16 / 96)
    assert effects["added_error"]["low"] < 100 * 16 / 96 < effects["added_error"]["high"]
    assert effects["time_shift"]["value"] == pytest.approx(-4, abs=0.1)
    assert effects["seats_shift"]["withheld"] == "few"
    assert effects["gold_error"]["withheld"] == "few"
    assert part["answers"] == [
        {"arm": "assisted", "exposure": "prefilled", "answers": 96},
        {"arm": "blind", "exposure": "none", "answers": 96},
        {"arm": "control", "exposure": "none", "answers": 96},
    ]


def test_seats_are_compared_as_they_were_drawn_whatever_was_seen():
    project, people, candidates = make_paired_project(tasks=1, generators=2)
    write_shown([Shown(candidate=candidates[0], said=(REJECT, ACCEPT))], people)
    # A late page: the assisted seat answered without having seen anything.
    row = Assignment.objects.get(candidate=candidates[0], seat=2)
    raw_answer(row, number=2, kind="edit", verdict="accept")

    [part] = make_assistance_report(project).figures["parts"]

    assert part["answers"] == [
        {"arm": "assisted", "exposure": "none", "answers": 1},
        {"arm": "blind", "exposure": "none", "answers": 1},
    ]
    drawn = read_drawn(project)
    # The seat that was drawn to see it stands first.
    assert drawn.cases.last.tolist() == [[1, 0]]


def test_what_has_no_two_standing_answers_about_the_image_suggested_is_left_out():
    project, people, candidates = make_paired_project(tasks=1, generators=4)
    write_shown([Shown(candidate=candidate, said=(ACCEPT, REJECT)) for candidate in candidates], people)
    voided, replaced, test_side, kept = candidates
    update(voided.assignments.get(seat=1), status="void", void_reason="mistaken")
    update(replaced.assignments.get(seat=1), image=make_image())
    write_shown(
        [Shown(candidate=make_paired_project(tasks=1, generators=1)[2][0], said=(ACCEPT, ACCEPT), is_control=True, control_share=100)],
        people,
    )
    reopen_candidate(kept.public_id, make_lead(project), "again")

    drawn = read_drawn(project)

    # Reopening changes nothing: what was drawn and answered stays.
    assert drawn.candidates.tolist() == [test_side.pk, kept.pk]
    assert read_drawn_of([kept.pk, voided.pk]).candidates.tolist() == [kept.pk]


def test_tasks_that_are_control_whatever_the_draw_are_compared_with_nobody_but_where_all_others_see_it():
    project, people, candidates = make_paired_project(tasks=2, generators=2)
    rows = zip(candidates, ("measured", "measured", "all", "all"), (True, False) * 2, (100, 20, 100, 0), strict=True)
    write_shown([Shown(candidate=c, said=(ACCEPT, ACCEPT), policy=p, is_control=i, control_share=s) for c, p, i, s in rows], people)

    drawn = read_drawn(project)

    assert sorted(zip(drawn.policies.tolist(), drawn.cases.control.tolist(), strict=True)) == [
        ("all", False),
        ("all", True),
        ("measured", False),
    ]


def test_after_a_reveal_the_first_answers_are_the_blind_ones_and_consensus_says_what_is_right():
    project, people, candidates = make_paired_project(tasks=12, generators=6, policy="reveal", model_version="tiny-1")
    # Of 72, 12 go along with a suggestion that both had been against; it is wrong by their own first answers.
    rows = [
        Shown(
            candidate=candidate,
            policy="reveal",
            said=(REJECT, REJECT),
            revised=(ACCEPT, REJECT) if number % 6 == 0 else (REJECT, REJECT),
        )
        for number, candidate in enumerate(candidates)
    ]
    write_shown(rows, people)

    [part] = measure_assistance(project)["parts"]

    assert part["effects"]["accept_shift"]["value"] == pytest.approx(100 * 12 / 144)
    assert part["effects"]["pull_wrong"]["value"] == pytest.approx(100 * 12 / 144)
    assert part["effects"]["pull_wrong"]["counted"] == [144, 144]
    assert part["effects"]["pull_right"]["withheld"] == "few"
    assert "added_error" not in part["effects"]
    assert "time_shift" not in part["effects"]
    assert part["answers"] == [{"arm": "reveal", "exposure": "revealed", "answers": 144}]


def test_the_adjudicators_first_answer_counts_and_not_what_they_made_of_it_after_the_reveal():
    project, people, [candidate] = make_paired_project(tasks=1, generators=1)
    write_shown([Shown(candidate=candidate, said=(ACCEPT, REJECT), judged=REJECT)], people)
    judge = Assignment.objects.get(purpose="adjudication")
    raw_answer(judge, number=2, kind="revise", verdict="accept", reason_class="taste")

    assert read_drawn(project).cases.judged.tolist() == [0]


def test_an_adjudicator_who_had_seen_the_suggestion_says_nothing_of_what_is_right():
    project, people, candidates = make_paired_project(tasks=1, generators=2)
    write_shown([Shown(candidate=candidate, said=(ACCEPT, REJECT)) for candidate in candidates], people)
    blind, seeing = (raw_assignment(candidate, people[2], purpose="adjudication", **answered(REJECT)) for candidate in candidates)
    raw_answer(blind, verdict=REJECT)
    raw_answer(seeing, verdict=REJECT, exposure="revealed")

    assert read_drawn(project).cases.judged.tolist() == [0, pytest.approx(float("nan"), nan_ok=True)]


def test_gold_is_compared_by_arm_among_candidates_the_version_had_spoken_of():
    project, _people, candidates = make_assisted_project()
    strangers = [make_candidate(project) for _ in range(6)]
    people = {arm: [make_person(project) for _ in range(2)] for arm in ("blind", "assisted")}
    for number, candidate in enumerate([*candidates[0:72:6], *strangers]):
        raw_gold(candidate)
        for arm, two in people.items() if number < 12 else [("blind", people["blind"])]:
            for person in two:
                answer_gold(candidate, person, arm, REJECT if number % (3 if arm == "assisted" else 4) == 0 else ACCEPT)

    [part] = measure_assistance(project)["parts"]

    # 12 candidates by two people each, all to be accepted: those who had seen the suggestion reject every third, the others every fourth.
    found = part["effects"]["gold_error"]
    assert (found["counted"], found["withheld"]) == ([24, 24], None)
    assert (found["assisted"], found["blind"]) == (pytest.approx(100 / 3), 25)
    assert found["low"] < 100 / 3 - 25 < found["high"]


def answer_gold(candidate, person, arm, verdict):
    """An answer to gold by somebody who had seen the suggestion, or nothing."""
    row = raw_assignment(candidate, person, purpose="gold", arm=arm, **answered(verdict))
    raw_answer(row, verdict=verdict, exposure="none" if arm == "blind" else "prefilled")


def test_two_versions_stand_beside_each_other_with_the_newest_in_front():
    project, people, candidates = make_paired_project(tasks=1, generators=2)
    write_shown([Shown(candidate=candidates[0], said=(ACCEPT, ACCEPT), version="zeta")], people)
    write_shown([Shown(candidate=candidates[1], said=(ACCEPT, ACCEPT), version="beta")], people)

    assert [part["version"] for part in measure_assistance(project)["parts"]] == ["beta", "zeta"]


def test_a_project_without_draws_has_a_report_without_parts():
    project = make_project()

    assert measure_assistance(project) == {"version": "", "policy": "measured", "stop_points": None, "parts": []}


def test_the_job_keeps_a_report_of_each_kind():
    project, _people, _candidates = make_assisted_project()

    run_here(project, KIND, {})

    assert newest_report(project).figures["overall"]["pairs"] == 48
    assert newest_report(project, Report.Kind.ASSISTANCE).figures["parts"][0]["treated"] == 96
