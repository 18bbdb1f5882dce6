# SPDX-License-Identifier: Apache-2.0
"""Looks for what shuts people out, by axe."""

from importlib.resources import files

from playwright.sync_api import Page

SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


class Axe:
    def violations(self, page: Page) -> list[str]:
        """Each with the elements that it was found at."""
        if not page.evaluate("typeof window.axe === 'object'"):
            page.evaluate(SOURCE)
        found = page.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES)
        return [
            f"{one['id']}: {one['help']}: " + ", ".join(str(node["html"])[:160] for node in one["nodes"][:4])
            for one in found["violations"]
        ]

    def assert_clean(self, page: Page) -> None:
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme=colours)
            wrong = self.violations(page)
            assert not wrong, f"in {colours}: " + "\n".join(wrong)
        page.emulate_media(color_scheme="light")
