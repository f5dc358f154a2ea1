"""What keeps people out of a page, by axe-core (https://github.com/dequelabs/axe-core): WCAG 2.2, A and AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.conftest import WEB

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => [id, help, ...nodes.slice(0, 3).map((node) => node.html.slice(0, 200))].join(': '));
}"""


def barriers(page: Page) -> list[str]:
    """What is serious or critical on a page as it is now, in words. Takes a second or two."""
    if not page.evaluate("() => 'axe' in window"):
        # Evaluated by the debugger, because the page's policy lets no script in that is not our own.
        page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[str] = page.evaluate(_RUN, _RULES)
    return found
