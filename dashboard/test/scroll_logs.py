# SPDX-License-Identifier: Apache-2.0
"""Measures how smoothly 50,000 lines of logs scroll: `scroll_logs.py [LINES]` prints the time of frames.

It starts daemons and a browser of its own, as the browser tests do: run it as
`scripts/web e2e --collect-only -q` once for the environment, then
`TUTTI_BIN_DIR=… .tutti/browser-venv/bin/python dashboard/test/scroll_logs.py`.
"""

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools"), str(HERE.parents[1] / "packages/sdk-python/tests")]

import httpx  # noqa: E402
from daemons import Daemons  # noqa: E402
from playwright.sync_api import CDPSession, Page, expect, sync_playwright  # noqa: E402

# How long each measurement takes, and how far a frame goes: about what a fast wheel does.
SECONDS = 8
STEP = 240

# Scrolls with every frame and notes how far apart frames are; a long list is gone through from one end to the other.
SCROLL = """async ([seconds, step]) => {
    const list = document.querySelector(".vlist");
    const times = [];
    let drawn = 0, empty = 0;
    let last = performance.now();
    const end = last + seconds * 1000;
    let direction = 1;
    await new Promise((done) => {
        const turn = (now) => {
            times.push(now - last);
            last = now;
            if (step > 0) {
                const rows = list.querySelectorAll(".log-line");
                const box = list.getBoundingClientRect();
                const first = rows[0]?.getBoundingClientRect(), tail = rows[rows.length - 1]?.getBoundingClientRect();
                drawn = Math.max(drawn, rows.length);
                if (first === undefined || first.top > box.top + 1 || tail.bottom < box.bottom - 1) empty += 1;
            }
            if (list.scrollTop + list.clientHeight >= list.scrollHeight - 2) direction = -1;
            if (list.scrollTop <= 0) direction = 1;
            list.scrollTop += direction * step;
            now < end ? requestAnimationFrame(turn) : done();
        };
        requestAnimationFrame(turn);
    });
    return { times: times.slice(2), drawn, empty, height: list.scrollHeight };
}"""


def fill(suite: Daemons, lines: int) -> None:
    """Lines of different length, some of them long."""
    logging = next(one for one in suite.daemons if one.name == "logging-svc")
    words = "the worker has claimed a step and renews its lease while the agent answers".split()
    with httpx.Client(base_url=logging.url, auth=("admin", suite.password), trust_env=False, timeout=60) as client:
        for start in range(0, lines, 2000):
            frames = [
                {
                    "level": ("info", "debug", "warning", "error")[number % 4],
                    "service": "measured",
                    "message": f"{number} " + " ".join(words[: 3 + number % len(words)] * (1 + number % 5)),
                    "fields": {"number": number, "route": "/task"},
                }
                for number in range(start, min(lines, start + 2000))
            ]
            client.post("/log", json=frames).raise_for_status()


def read_all(page: Page, lines: int) -> float:
    """Scrolls to the end until every line has been read; answers the seconds it took."""
    began = time.monotonic()
    foot = page.locator(".table-foot")
    while f"{lines} lines in all" not in foot.inner_text():
        page.evaluate("() => { const list = document.querySelector('.vlist'); list.scrollTop = list.scrollHeight; }")
        page.wait_for_timeout(20)
    return time.monotonic() - began


def told(page: Page, name: str, step: int) -> None:
    """Scrolls and prints what came of it; the time of the processor says what a frame costs on a busy machine, too."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(cdp)
    found = page.evaluate(SCROLL, [SECONDS, step])
    cost = {part: (spent - before[part]) * 1000 / len(found["times"]) for part, spent in busy(cdp).items()}
    cdp.detach()
    times = sorted(found["times"])
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))]  # noqa: E731
    late = sum(time > 34 for time in times)
    print(
        f"{name}: {len(times)} frames, p50 {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms, p99 {at(0.99):.1f} ms, "
        f"longest {times[-1]:.1f} ms, {late} later than two frames; at most {found['drawn']} rows drawn, "
        f"{found['empty']} frames with a hole; {found['height']} px high; of the processor "
        f"{cost['TaskDuration']:.2f} ms a frame, {cost['ScriptDuration']:.2f} of it scripts, "
        f"{cost['LayoutDuration'] + cost['RecalcStyleDuration']:.2f} layout and style"
    )


def busy(cdp: CDPSession) -> dict[str, float]:
    """Seconds that the page's thread has worked so far."""
    names = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    return {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"] if one["name"] in names}


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    suite = Daemons()
    try:
        suite.start()
        fill(suite, lines)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(suite.dashboard + "/app/logs?service=measured")
            page.get_by_label("User").fill("admin")
            page.get_by_label("Password").fill(suite.password)
            page.get_by_role("button", name="Sign in").click()
            expect(page.locator(".log-line").first).to_be_visible(timeout=15_000)
            print(f"{lines} lines read by scrolling in {read_all(page, lines):.1f} s")
            page.evaluate("() => document.querySelector('.vlist').scrollTo(0, 0)")
            told(page, "nothing moves, for comparison", 0)
            told(page, "lines of one row", STEP)
            told(page, "one row, in leaps of 400 rows", 28 * 400)
            page.locator("h1").focus()
            page.keyboard.press("w")
            expect(page.locator(".log-line.wraps").first).to_be_visible()
            told(page, "wrapped lines", STEP)
            memory = page.context.new_cdp_session(page).send("Runtime.getHeapUsage")
            print("heap: " + json.dumps({name: round(memory[name] / 1e6, 1) for name in ("usedSize", "totalSize")}) + " MB")
            browser.close()
    finally:
        suite.stop()
        suite.remove()


if __name__ == "__main__":
    main()
