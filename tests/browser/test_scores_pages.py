"""Scores at a candidate, at an adjudication after the blind answer, and the case sheet, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from labeling.models import Asset, Assignment, Bundle, Candidate, Deliverable
from tests.browser.conftest import PHONE
from tests.browser.labelling import LOOK_MS, expect_saved, press
from tests.browser.layout import find_faults
from tests.browser.pictures import draw
from tests.factories import agree, dispute, make_bundle, make_generator, make_lead, make_person, make_project, make_task
from tests.judging.made_scores import keep_brf, keep_call, keep_pay, keep_quality, keep_rules, keep_set, make_judge_row

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = {"wide": {}, "narrow": PHONE}
FOLDER = os.environ.get("SERVIMAGE_SCREENSHOTS", "")
BRIEF = "三张海报，主标题为“春日集市”，风格统一，留出底部二维码的位置。\nThe logo stays top left; no people."
GENERATORS = ("Gemini-Banana-Pro", "FLUX-1.1-Pro", "Seedream-4.0", "Imagen-4.0")


def make_ordered(quantity: int = 3, points: int = 8):
    """A task with hard rules and references, delivered by four generators and looked at by three judges."""
    project = make_project(name="Posters", slug="posters")
    task = make_task(project, quantity=quantity, points=points, name="春日集市海报 Spring market posters", brief=BRIEF, price_usd=138.89)
    task.refresh_from_db()
    for point in task.points.all():
        task.points.filter(pk=point.pk).update(text=f"主标题“春日集市”完整可读，第 {point.number} 处，with no letter missing")
    rules = [{"kind": "dpi", "min_dpi": 300, "weak": False}, {"kind": "ratio", "text": "3:4", "width": 3, "height": 4, "weak": False}]
    Deliverable.objects.filter(task=task).update(rules=rules)
    for number in (1, 2):
        Asset.objects.create(task=task, role="reference", number=number, image=draw(f"hsl({90 * number}, 40%, 60%)", (400, 300)))
    bundles = [make_bundle(task, make_generator(display_name=name, slug=name.lower())) for name in GENERATORS]
    for candidate in Candidate.objects.filter(project=project):
        Candidate.objects.filter(pk=candidate.pk).update(image=draw(f"hsl({candidate.pk * 47 % 360}, 60%, 50%)", (300, 400)))
    judges = [make_judge_row(project, "gpt-5-mini"), make_judge_row(project, "qwen3-vl-4b", 2), make_judge_row(project, "qwen3-vl-4b", 1)]
    payer, ruler = (
        make_judge_row(project, "pay", rubric="pay_direct"),
        make_judge_row(project, "rules", rubric="hard_rules", backend="code"),
    )
    for place, bundle in enumerate(bundles[:3]):
        for judge in judges:
            judge_bundle(judge, bundle, place, points)
        keep_rules(ruler, bundle)
        for row in bundle.candidates.all():
            keep_pay(payer, bundle, row.pk, 0.2 + 0.3 * place)
        keep_call(judges[0], bundle, "brf", '{"images": [{"image": 1, "items": []}]}')
    return task, bundles


def judge_bundle(judge, bundle: Bundle, place: int, points: int) -> None:
    """Let one judge look at all of a bundle."""
    rows = list(bundle.candidates.order_by("deliverable__number"))
    keep_brf(judge, bundle, [[int((k + place + n) % 3 > 0) for k in range(points)] for n in range(len(rows))], reason="二维码位置被遮挡")
    for n, row in enumerate(rows):
        keep_quality(judge, bundle, row.pk, clarity=2 + (n + place) % 3, text=3.5 if n else None, reason="slightly soft in the corners")
    if len(rows) > 1:
        keep_set(judge, bundle, [3 + n % 3 for n in range(len(rows))])


def look_at(page: Page, name: str, screen: str, scheme: str) -> list[object]:
    """What is wrong with a page that is open."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [[item["id"] for item in Axe().run(page).response["violations"]], too_wide, find_faults(page)]
    if FOLDER:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(FOLDER) / f"{name}-{screen}-{scheme}.png", full_page=True)
    return [problem for problem in found if problem]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_scores(open_context, scheme):
    task, bundles = make_ordered()
    lead = make_lead(task.project, username="lead")
    candidate = bundles[1].candidates.order_by("pk").first()
    for row, verdict in zip(bundles[0].candidates.all(), ("accept", "accept", "accept"), strict=True):
        agree(row, verdict)
    agree(candidate, "reject")
    slug, found = task.project.slug, {}
    addresses = {
        "candidate": reverse("labeling:candidate", args=[slug, candidate.public_id]),
        "candidate_scores": reverse("judging:candidate_scores", args=[slug, candidate.public_id]),
        "raw_replies": reverse("judging:raw_replies", args=[slug, candidate.public_id]),
        "case": reverse("judging:case", args=[slug, task.external_id]),
    }
    for screen, options in SCREENS.items():
        page = open_context(lead, color_scheme=scheme, **options).new_page()
        for name, address in addresses.items():
            page.goto(address)
            if "candidate" in name:
                expect(page.locator(".judged").first).to_be_visible()
            if problems := look_at(page, name, screen, scheme):
                found[name, screen] = problems

    assert found == {}


def test_replies_come_when_they_are_opened(open_page):
    task, bundles = make_ordered(quantity=1)
    page = open_page(make_lead(task.project))
    page.goto(reverse("labeling:candidate", args=[task.project.slug, bundles[0].candidates.get().public_id]))
    expect(page.locator(".reply")).to_have_count(0)

    page.get_by_text("Raw replies").click()

    expect(page.locator(".reply pre")).to_contain_text('"image": 1')


def test_the_largest_task_is_no_wider_than_a_phone(open_page):
    task, _bundles = make_ordered(quantity=1, points=48)
    page = open_page(make_lead(task.project), **PHONE)
    page.goto(reverse("judging:case", args=[task.project.slug, task.external_id]))

    expect(page.locator(".ticks li")).to_have_count(3 * 48)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_what_judges_say_appears_folded_with_both_answers_and_digits_still_close_the_dispute(open_page):
    task, bundles = make_ordered()
    candidate = Candidate.objects.select_related("project").filter(bundle=bundles[0]).first()
    dispute(candidate)
    page = open_page(make_person(task.project, can_label=False))
    page.goto(reverse("labeling:adjudicate", args=[task.project.slug]))
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(1)
    page.wait_for_timeout(LOOK_MS)
    expect(page.locator(".judges")).to_have_count(0)

    press(page, "a")
    page.locator(".judges > summary").click()

    expect(page.locator(".judges .judged").first).to_be_visible()
    if FOLDER:
        page.screenshot(path=Path(FOLDER) / "reveal.png")
    assert "gpt-5-mini" not in page.content()
    assert "Gemini" not in page.content()
    page.wait_for_timeout(LOOK_MS)
    press(page, "1")
    expect_saved(page)
    assert Assignment.objects.get(purpose="adjudication").confirmed_at is not None


def test_where_no_judge_has_looked_the_fold_goes(open_page):
    project = make_project()
    bundle = make_bundle(make_task(project))
    Candidate.objects.filter(bundle=bundle).update(image=draw("red"))
    dispute(bundle.candidates.select_related("project").get())
    page = open_page(make_person(project, can_label=False))
    page.goto(reverse("labeling:adjudicate", args=[project.slug]))
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(1)
    page.wait_for_timeout(LOOK_MS)

    press(page, "a")

    expect(page.locator(".opinion")).to_have_count(3)
    expect(page.locator(".judges")).to_have_count(0)


def test_on_paper_the_sheet_has_no_navigation_and_fills_the_width(open_page):
    task, _bundles = make_ordered()
    page = open_page(make_lead(task.project))
    page.goto(reverse("judging:case", args=[task.project.slug, task.external_id]))

    page.emulate_media(media="print")

    expect(page.locator(".sub")).to_be_hidden()
    expect(page.locator(".choose")).to_be_hidden()
    expect(page.locator(".shot").first).to_be_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    if FOLDER:
        Path(FOLDER, "case.pdf").write_bytes(pdf)
        page.set_viewport_size({"width": 703, "height": 1032})
        page.screenshot(path=Path(FOLDER) / "case-print.png", full_page=True)
    # A4 is 595 x 842 points.
    assert b"/MediaBox [0 0 594.95996 841.91998]" in pdf or b"/MediaBox [0 0 595" in pdf
