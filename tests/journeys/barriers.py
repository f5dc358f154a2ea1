"""What keeps people out of a page, by axe-core (https://github.com/dequelabs/axe-core): WCAG 2.2, A and AA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.conftest import WEB

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Pins stand where their things are, one before the other at times. All of them are in the list of what is here now,
# too, so that WCAG 2.5.8 (equivalent, essential) excepts them.
_RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => [id, help, ...nodes
      .filter(({ html }) => id !== 'target-size' || !html.startsWith('<button type="button" class="pin'))
      .map(({ html }) => html.slice(0, 200))])
    .filter((told) => told.length > 2)
    .map((told) => told.slice(0, 5).join(': '));
}"""


def barriers(page: Page) -> list[str]:
    """What is serious or critical on a page as it is now, in words. Takes a second or two."""
    if not page.evaluate("() => 'axe' in window"):
        # Evaluated by the debugger, because the page's policy lets no script in that is not our own.
        page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[str] = page.evaluate(_RUN, _RULES)
    return found
