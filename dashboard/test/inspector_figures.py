# SPDX-License-Identifier: Apache-2.0
"""Measures the run inspector before real daemons, and prints what it finds.

Two runs are made over the API: one with 5,000 steps that each call a tool (20,000 events and a few, of which the failure is
among the last), and one of 1,000 spans, 24 tool calls in each step. Each is opened anew several times; then its waterfall is
scrolled while frames are counted.

    scripts/web build
    cd dashboard && TUTTI_BIN_DIR=… ../.tutti/browser-venv/bin/python test/inspector_figures.py
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "tools", HERE.parent.parent / "packages" / "sdk-python" / "tests"):
    sys.path.insert(0, str(folder))

from api import Api  # noqa: E402
from daemons import Daemons  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from work import Work, Worker  # noqa: E402

# Tool calls of a step of the nested run.
CALLS = 24
# Frames while nothing happens: what the machine gives at best.
REST = """async () => {
    const frames = [];
    let at = performance.now();
    for (let frame = 0; frame < 300; frame += 1) {
        await new Promise((done) => requestAnimationFrame(done));
        const now = performance.now();
        frames.push(now - at);
        at = now;
    }
    return frames.slice(5);
}"""
# Frames while the waterfall goes from its top to its end and back: what a person with a wheel does, and faster.
SCROLL = """async (list) => {
    const frames = [];
    const end = list.scrollHeight - list.clientHeight;
    let at = performance.now();
    for (let frame = 0; frame < 600; frame += 1) {
        const share = frame < 300 ? frame / 299 : (599 - frame) / 299;
        list.scrollTop = end * share;
        await new Promise((done) => requestAnimationFrame(done));
        const now = performance.now();
        frames.push(now - at);
        at = now;
    }
    return frames.slice(5);
}"""
# As one turns a wheel: three rows with every frame.
CREEP = """async (list) => {
    const frames = [];
    let at = performance.now();
    for (let frame = 0; frame < 600; frame += 1) {
        list.scrollTop += frame < 300 ? 84 : -84;
        await new Promise((done) => requestAnimationFrame(done));
        const now = performance.now();
        frames.push(now - at);
        at = now;
    }
    return frames.slice(5);
}"""
# Marks when the failure is chosen, in sight, and its error can be read; set before any script of the page runs.
MARK = """() => {
    const look = () => {
        const row = document.querySelector('[role=treegrid] .vlist [role=row][aria-selected="true"]');
        const error = document.querySelector(".run-detail .trouble");
        const box = row?.getBoundingClientRect();
        const list = row?.closest(".vlist")?.getBoundingClientRect();
        const isSeen = box !== undefined && list !== undefined && box.top >= list.top - 1 && box.bottom <= list.bottom + 1;
        if (isSeen && error !== null && row.className.includes("span-is-failed")) window.failureSeen = performance.now();
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


WAYS = (("at rest", REST), ("scrolling from end to end", SCROLL), ("scrolling by three rows a frame", CREEP))


def wide(api: Api, steps: int) -> str:
    """A run with many steps, each with a tool call; the last but one fails."""
    worker = Worker(api, "wide")
    work = worker.take(input={"steps": steps}, retry={"max_attempts": 1})

    def one(number: int) -> None:
        step = work.step(f"s{number:05}", f"Step {number}", {"number": number})
        call = work.call(step, "search", {"number": number})
        if number == steps - 2:
            work.unanswered(call, "refused", "The tool refused.")
            work.broken(step, "step_failed", "The step could not be done.")
        else:
            work.answered(call, {"found": number})
            work.done(step, {"number": number})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(steps)))
    work.fail("step_failed", "A step could not be done.")
    worker.end()
    return work.run


def nested(api: Api, spans: int) -> str:
    """A run whose steps have 24 tool calls each; the last call and its step fail."""
    worker = Worker(api, "nested")
    work = worker.take(input={"spans": spans}, retry={"max_attempts": 1})
    last = spans // (CALLS + 1) - 1
    for number in range(last + 1):
        step = work.step(f"s{number}", f"Step {number}", {"number": number})
        for one in range(CALLS):
            call = work.call(step, "search", {"number": one}, key=f"c{one}")
            if number == last and one == CALLS - 1:
                work.unanswered(call, "refused", "The tool refused.")
            else:
                work.answered(call, {"found": one})
        if number == last:
            work.broken(step, "step_failed", "The step could not be done.")
        else:
            work.done(step, {"number": number})
    work.fail("step_failed", "A step could not be done.")
    worker.end()
    return work.run


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def opened(browser: Browser, origin: str, password: str, run: str) -> tuple[float, Page]:
    """Milliseconds from the beginning of the navigation to the failure in sight, in a browser that has nothing cached."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(origin + "/app/tasks")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#main h1").wait_for()
    page.add_init_script(f"({MARK})()")
    page.goto(f"{origin}/app/runs/{run}")
    for _ in range(3000):
        seen = page.evaluate("window.failureSeen ?? null")
        if seen is not None:
            return float(seen), page
        page.wait_for_timeout(20)
    raise SystemExit("the failure did not come into sight within a minute")


def busy(page: Page) -> float:
    """Milliseconds for which the page's main thread has worked so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["TaskDuration"]) * 1000


def settled(page: Page) -> float:
    """Milliseconds from the beginning of the navigation until everything was read."""
    for _ in range(3000):
        if page.locator('[role=treegrid][aria-busy="false"]').count() == 1:
            return float(page.evaluate("performance.now()"))
        page.wait_for_timeout(20)
    raise SystemExit("the spans were not all read within a minute")


def measure(browser: Browser, suite: Daemons, name: str, run: str, times: int) -> dict[str, Any]:
    seen: list[float] = []
    whole: list[float] = []
    found: dict[str, Any] = {"what": name}
    for index in range(times):
        first, page = opened(browser, suite.dashboard, suite.password, run)
        seen.append(first)
        whole.append(settled(page))
        if index == times - 1:
            rows = page.locator("[role=treegrid] .vlist")
            for label, script in WAYS:
                before = busy(page)
                frames = rows.evaluate(script)
                found[label] = {
                    "p50_ms": round(statistics.median(frames), 1),
                    "p95_ms": round(percentile(frames, 0.95), 1),
                    "max_ms": round(max(frames), 1),
                    "main_thread_ms_per_frame": round((busy(page) - before) / len(frames), 2),
                }
            found["rows"] = int(page.locator("[role=treegrid]").get_attribute("aria-rowcount") or 0) - 1
            found["rows_drawn"] = rows.get_by_role("row").count()
            found["heap_mb"] = round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6, 1)
        page.context.close()
    found["first_failure_in_sight_ms"] = {"median": round(statistics.median(seen)), "worst": round(max(seen))}
    found["everything_read_ms"] = round(statistics.median(whole))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    options.add_argument("--steps", type=int, default=5000, help="steps of the wide run, each with a tool call")
    options.add_argument("--spans", type=int, default=1000, help="spans of the nested run")
    options.add_argument("--times", type=int, default=5, help="how often each is opened")
    given = options.parse_args()
    suite = Daemons()
    try:
        suite.start()
        with Api(suite.orchestrator.url, "admin", suite.password) as api, sync_playwright() as playwright:
            makers: list[tuple[str, Callable[[Api, int], str], int]] = [
                (f"{given.steps * 4} events", wide, given.steps), (f"{given.spans} nested spans", nested, given.spans)]
            made = [(name, make(api, size)) for name, make, size in makers]
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--enable-precise-memory-info"])
            for name, run in made:
                print(json.dumps(measure(browser, suite, name, run, given.times), indent=2), flush=True)
            browser.close()
    finally:
        suite.stop()
        suite.remove()


if __name__ == "__main__":
    main()
