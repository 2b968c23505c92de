"""What the tests of the label and adjudication pages do again and again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from labeling.models import Answer

# A press this soon after a new picture came is taken for a key pressed twice (answer-form.js).
LOOK_MS = 250


def open_label(page: Page, project, cards: int = 3) -> Page:
    """Go to the label page and wait until its deck is full and decoded."""
    page.goto(f"/p/{project.slug}/label/")
    expect(page.locator('img.candidate[data-warm="ready"]')).to_have_count(cards)
    page.wait_for_timeout(LOOK_MS)
    return page


def press(page: Page, *keys: str) -> None:
    """Press keys one after another, each after looking at the picture."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(LOOK_MS)


def shown(page: Page) -> str:
    """The assignment on screen."""
    return page.locator("article.card:visible").get_attribute("data-assignment")


def expect_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")


def answers_of(person) -> list[tuple[str, list[str]]]:
    """What the person answered, in the order the server got it."""
    rows = Answer.objects.filter(assignment__person=person).order_by("id")
    return [(row.verdict or row.kind, row.reasons) for row in rows]


def shown_in(page: Page) -> list[str]:
    """The assignments in the deck of a page."""
    return page.locator("article.card").evaluate_all("cards => cards.map((card) => card.dataset.assignment)")
