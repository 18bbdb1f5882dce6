# SPDX-License-Identifier: Apache-2.0
"""Streams events into a room's timeline while its stream is cut, and prints what that costs and whether anything is missing.

    TUTTI_BIN_DIR=… .tutti/browser-venv/bin/python dashboard/test/room_figures.py [EVENTS]

The daemons, the events and the browser are real. A proxy cuts the stream four times; before each of the last three it comes
back only after a while, so that what was missed comes at once. Afterwards the whole timeline is scrolled through, and the
sequence of every row that is drawn is looked at.
"""

import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools"), str(HERE.parent.parent / "packages/sdk-python/tests")]

import httpx  # noqa: E402
from daemons import Daemons  # noqa: E402
from faults import Faults  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from suite import eventually  # noqa: E402

WRITERS = 8
CUTS = 4
MESSAGE_EACH = 5

START_FRAMES = """() => {
    window.frames_ = [];
    let last = performance.now();
    const next = (now) => {
        window.frames_.push(now - last);
        last = now;
        window.measuring_ = requestAnimationFrame(next);
    };
    window.measuring_ = requestAnimationFrame(next);
}"""
STOP_FRAMES = """() => {
    cancelAnimationFrame(window.measuring_);
    return window.frames_.slice(1);
}"""
# From the newest to the oldest, a little less than a window each time; answers what was seen.
WALK = """async () => {
    const list = document.querySelector(".timeline-log .vlist");
    const seen = new Set();
    const drawn = () => { for (const row of list.querySelectorAll("[data-seq]")) seen.add(Number(row.dataset.seq)); };
    const picture = () => new Promise((done) => requestAnimationFrame(done));
    let most = 0;
    drawn();
    for (let still = 0; still < 200;) {
        const before = list.scrollTop;
        list.scrollTop -= list.clientHeight - 80;
        await picture();
        await picture();
        drawn();
        most = Math.max(most, list.querySelectorAll("[data-seq]").length);
        still = list.scrollTop === 0 && before === 0 ? still + 1 : 0;
    }
    const all = [...seen].sort((a, b) => a - b);
    let gaps = 0;
    for (let at = 1; at < all.length; at += 1) if (all[at] !== all[at - 1] + 1) gaps += 1;
    return { first: all[0], last: all[all.length - 1], count: all.length, gaps, most };
}"""


class Writer:
    """Makes events in a room, as fast as the daemon takes them."""

    def __init__(self, suite: Daemons, room: str) -> None:
        self.made = 0
        self.is_over = False
        self._lock = threading.Lock()
        self._client = httpx.Client(
            base_url=suite.orchestrator.url, auth=("admin", suite.password), timeout=60, trust_env=False
        )
        self._room = room
        self.first = self._thread()

    def _thread(self) -> str:
        made = self._client.post(f"/v1/rooms/{self._room}/threads", json={"title": "Measured"})
        made.raise_for_status()
        return made.json()["thread_id"]

    def run(self, count: int) -> None:
        share = [count // WRITERS + (1 if one < count % WRITERS else 0) for one in range(WRITERS)]
        work = [threading.Thread(target=self._write, args=(one,), daemon=True) for one in share]
        for one in work:
            one.start()
        for one in work:
            one.join()
        self.is_over = True

    def _write(self, count: int) -> None:
        thread = self._thread()
        for number in range(count - 1):
            if number % MESSAGE_EACH == 0:
                text = f"Message **{number}** with `code`, [a link](https://example.org/{number}) and\n\n- a list\n- of two"
                answer = self._client.post(f"/v1/threads/{thread}/messages", json={"content_md": text})
            else:
                answer = self._client.patch(f"/v1/threads/{thread}", json={"title": f"Measured {number}"})
            answer.raise_for_status()
            with self._lock:
                self.made += 1


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def told(name: str, frames: list[float]) -> None:
    print(
        f"{name}: {len(frames)} frames, p50 {percentile(frames, 0.5):.1f} ms, p95 {percentile(frames, 0.95):.1f} ms, "
        f"p99 {percentile(frames, 0.99):.1f} ms, longest {max(frames, default=0):.0f} ms",
        flush=True,
    )


def heap(page: Page) -> float:
    """Megabytes that scripts hold, after the garbage is gone."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return metrics["JSHeapUsedSize"] / 1_048_576


def head(writer: Writer, suite: Daemons, room: str) -> int:
    with httpx.Client(base_url=suite.orchestrator.url, auth=("admin", suite.password), trust_env=False) as client:
        query = {"stream_type": "room", "stream_id": room, "order": "desc", "limit": 1}
        return client.get("/v1/events", params=query).json()["items"][0]["stream_seq"]


def measure(page: Page, faults: Faults, suite: Daemons, count: int) -> bool:
    room = httpx.post(
        suite.orchestrator.url + "/v1/rooms", json={"name": "Measured"}, auth=("admin", suite.password), trust_env=False
    ).json()["room_id"]
    writer = Writer(suite, room)
    page.goto(f"{faults.url}/app/rooms/{room}")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(suite.password)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".connection", has_text="Live").wait_for()
    before = heap(page)

    page.evaluate(START_FRAMES)
    began = time.monotonic()
    work = threading.Thread(target=writer.run, args=(count,), daemon=True)
    work.start()
    for cut in range(CUTS):
        eventually(lambda cut=cut: writer.made >= count * (cut + 1) // (CUTS + 1) or writer.is_over, within=900)
        if cut > 0:
            faults.answer(503, "^/v1/streams", times=2)
        faults.cut()
    work.join()
    last = head(writer, suite, room)
    wrote = time.monotonic() - began
    page.locator(f'[data-seq="{last}"]').wait_for(timeout=120_000)
    arrived = time.monotonic() - began
    told("while it streamed", page.evaluate(STOP_FRAMES))
    print(f"{last} events written in {wrote:.1f} s ({last / wrote:.0f}/s), all of them shown after {arrived:.1f} s")
    print("the timeline says: " + page.locator(".timeline .table-foot").inner_text())
    after = heap(page)
    print(f"memory of scripts: {before:.1f} MB before, {after:.1f} MB after, {(after - before) * 1024 / last:.2f} KB an event")

    page.evaluate(START_FRAMES)
    found = page.evaluate(WALK)
    told("while it was scrolled through", page.evaluate(STOP_FRAMES))
    duplicates = page.evaluate("document.querySelectorAll('[data-seq]').length") - page.evaluate(
        "new Set([...document.querySelectorAll('[data-seq]')].map((row) => row.dataset.seq)).size"
    )
    missing = last - found["count"]
    print(
        f"rows seen: {found['count']} of {last}, {missing} missing, {found['gaps']} gaps, {duplicates} duplicates, "
        f"at most {found['most']} drawn at once"
    )
    return missing == 0 and found["gaps"] == 0 and duplicates == 0 and found["first"] == 1


def main() -> None:
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and not sys.argv[1].isdecimal()):
        sys.exit("usage: room_figures.py [EVENTS]")
    count = int(sys.argv[1]) if len(sys.argv) == 2 else 30_000
    suite = Daemons()
    try:
        suite.start()
        faults = Faults(suite.dashboard)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(30_000)
            is_whole = measure(page, faults, suite, count)
            browser.close()
        faults.close()
    finally:
        suite.stop()
    suite.remove()
    if not is_whole:
        sys.exit("error: the timeline is not whole")


if __name__ == "__main__":
    main()
