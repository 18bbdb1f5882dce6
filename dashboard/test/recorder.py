# SPDX-License-Identifier: Apache-2.0
"""Notes down which parts of the dashboard's scripts ran in the browser, for tools/line_coverage.py."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from line_coverage import merged, paint
from playwright.sync_api import CDPSession, Page

DIST = Path(__file__).resolve().parent.parent / "dist"


class Recorder:
    """What ran in all pages so far, by the names of scripts."""

    def __init__(self) -> None:
        self._marks: dict[str, bytearray] = {}

    def begin(self, page: Page) -> CDPSession:
        """To be called before the page goes anywhere."""
        browser = page.context.new_cdp_session(page)
        browser.send("Profiler.enable")
        browser.send("Profiler.startPreciseCoverage", {"callCount": False, "detailed": True})
        return browser

    def take(self, browser: CDPSession) -> None:
        """To be called before a page leaves, which forgets what ran."""
        for script in browser.send("Profiler.takePreciseCoverage")["result"]:
            file = DIST / urlsplit(script["url"]).path.removeprefix("/app/")
            if file.suffix != ".js" or not file.is_file():
                continue
            marks = paint(script["functions"], file.stat().st_size)
            known = self._marks.get(file.name)
            self._marks[file.name] = marks if known is None else merged(known, marks)

    def write(self, file: Path) -> None:
        spans = {
            name: [one.span() for one in re.finditer(rb"\x01+", marks)] for name, marks in sorted(self._marks.items())
        }
        file.write_text(json.dumps(spans))
