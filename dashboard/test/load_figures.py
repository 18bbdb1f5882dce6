# SPDX-License-Identifier: Apache-2.0
"""Measures how long the dashboard takes from nothing to something that can be used, and prints what it finds.

A browser that has kept nothing, signed in by its cookie alone, goes to the tasks; it counts as usable when the list is
there and a key is answered.

    scripts/web build
    cd dashboard && TUTTI_BIN_DIR=… ../.tutti/browser-venv/bin/python test/load_figures.py
"""

import statistics
import sys
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "tools", HERE.parent.parent / "packages" / "sdk-python" / "tests"):
    sys.path.insert(0, str(folder))

from api import Api  # noqa: E402
from daemons import Daemons  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

TIMES = 9


def load(browser: Browser, suite: Daemons) -> tuple[float, float, int]:
    """Milliseconds until something is drawn, and until the palette opens over the list; bytes that came for it."""
    context = browser.new_context(base_url=suite.dashboard + "/app/", viewport={"width": 1280, "height": 800})
    try:
        answer = context.request.post(
            suite.dashboard + "/v1/session", data={"user": "admin", "password": suite.password}
        )
        assert answer.ok, answer.text()
        page = context.new_page()
        began = perf_counter()
        page.goto("tasks", wait_until="commit")
        page.get_by_role("row").nth(1).wait_for()
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Command").wait_for()
        usable = (perf_counter() - began) * 1000
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        came = page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
            ".reduce((sum, one) => sum + one.transferSize, 0)"
        )
        return painted, usable, came
    finally:
        context.close()


def main() -> None:
    suite = Daemons()
    try:
        suite.start()
        with Api(suite.orchestrator.url, "admin", suite.password) as api, sync_playwright() as playwright:
            for number in range(50):
                api.post("/task", {"agent": "echo", "input": {"message": f"task {number}"}})
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            load(browser, suite)
            found = [load(browser, suite) for _ in range(TIMES)]
            browser.close()
        for name, place in (("first paint", 0), ("usable", 1)):
            values = sorted(one[place] for one in found)
            print(f"{name:12} median {statistics.median(values):6.0f} ms   {values[0]:.0f} to {values[-1]:.0f}")
        print(f"{'came':12} {found[0][2] / 1024:6.1f} KB, scripts, styles and answers")
    finally:
        suite.stop()
        suite.remove()


if __name__ == "__main__":
    main()
