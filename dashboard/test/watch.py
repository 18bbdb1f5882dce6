# SPDX-License-Identifier: Apache-2.0
"""Hears what goes wrong in a browser while a test looks elsewhere."""

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

# Runs before the scripts of the page. The console of Chromium tells of violations as well, but not of all that are
# only reported.
LISTENER = """
document.addEventListener("securitypolicyviolation", (event) =>
    console.error("policy: " + event.effectiveDirective + " refuses " + (event.blockedURI || "inline")));
"""


class Watch:
    """What was heard and not foreseen, in `heard`."""

    def __init__(self, context: BrowserContext) -> None:
        self.heard: list[str] = []
        self._foreseen: list[re.Pattern[str]] = []
        context.add_init_script(LISTENER)
        context.on("console", self._said)
        context.on("weberror", self._broke)

    def foresee(self, pattern: str) -> None:
        """Errors that the test provokes: they match this anywhere."""
        self._foreseen.append(re.compile(pattern))

    def close(self) -> None:
        assert not self.heard, "the browser said: " + "; ".join(self.heard)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._hear(f"{message.text} ({message.location.get('url', '')})")

    def _broke(self, error: WebError) -> None:
        self._hear(str(error.error))

    def _hear(self, words: str) -> None:
        if not any(one.search(words) for one in self._foreseen):
            self.heard.append(words)
