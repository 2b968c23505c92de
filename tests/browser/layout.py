"""What axe does not look at: ids that stand twice, and controls that stick to what is above them."""

from __future__ import annotations

from playwright.sync_api import Page

REPEATED_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))].map((id) => `${id} stands twice`);
}"""
# For each button: what is above it, beside it or beside what holds it, and how far away.
STUCK = """(least) => {
  const isSeen = (item) => item.getClientRects().length && !item.classList.contains("visually-hidden") && item.tagName !== "SCRIPT";
  const gap = (button, other) => {
    const [below, above] = [button.getBoundingClientRect(), other.getBoundingClientRect()];
    const isAbove = above.bottom <= below.top + 1 && above.left < below.right && above.right > below.left;
    return isAbove ? below.top - above.bottom : Infinity;
  };
  const olderOf = (item) => (item.matches("main") ? [] : [...before(item), ...olderOf(item.parentElement)]);
  const before = (item) => {
    const found = [];
    for (let older = item.previousElementSibling; older; older = older.previousElementSibling) if (isSeen(older)) found.push(older);
    return found;
  };
  const buttons = [...document.querySelectorAll("main.page :is(button, .button)")].filter(isSeen);
  const isStuck = (button) => olderOf(button).some((other) => other.tagName !== "THEAD" && gap(button, other) < least);
  return buttons.filter(isStuck).map((button) => `${button.textContent.trim()} sticks to what is above it`);
}"""
LEAST_GAP_PX = 4


def find_faults(page: Page) -> list[str]:
    """What is wrong with the layout of the page, in words."""
    return [*page.evaluate(REPEATED_IDS), *page.evaluate(STUCK, LEAST_GAP_PX)]
