# SPDX-License-Identifier: Apache-2.0
"""Streams events into a room's timeline while its stream is cut, and prints what that costs and whether anything is missing.

    TUTTI_BIN_DIR=… .tutti/browser-venv/bin/python dashboard/test/room_figures.py [EVENTS]

The daemons, the events and the browser are real. The events are written first; then the page is told that the room ends with
its first few, so that the daemon streams all the others as fast as it can. A proxy cuts that stream four times on the way.
Afterwards the whole timeline is scrolled through, and the sequence of every row that is drawn is looked at.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tools"), str(HERE.parent.parent / "packages/sdk-python/tests")]

import httpx  # noqa: E402
from daemons import Daemons  # noqa: E402
from faults import Faults  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from suite import eventually  # noqa: E402

WRITERS = 32
CUTS = 4
# Of so many events one is a message; the others are tasks that are made, and cancelled a thousand at a time.
MESSAGE_EACH = 10
KNOWN = 3

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


def write(client: httpx.Client, room: str, count: int) -> None:
    """Makes about that many events in a room."""
    thread = client.post(f"/v1/rooms/{room}/threads", json={"title": "Measured"}).json()["thread_id"]
    messages = count // MESSAGE_EACH
    work = iter(range(messages + (count - messages) // 2))
    lock = threading.Lock()

    def some() -> None:
        while True:
            with lock:
                number = next(work, None)
            if number is None:
                return
            if number < messages:
                text = f"Message **{number}** with `code`, [a link](https://example.org/{number}) and\n\n- a list\n- of two"
                answer = client.post(f"/v1/threads/{thread}/messages", json={"content_md": text})
            else:
                task = {"agent": "echo", "input": {"message": str(number)}, "roomId": room, "runAt": "2099-01-01T00:00:00Z"}
                answer = client.post("/task", json=task)
            answer.raise_for_status()

    with ThreadPoolExecutor(WRITERS) as pool:
        for one in [pool.submit(some) for _ in range(WRITERS)]:
            one.result()
    while client.post("/v1/runs/cancel", json={"filter": {"room_id": room}, "limit": 1000}).json()["changed"] > 0:
        pass


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


def events(client: httpx.Client, room: str, order: str, limit: int) -> dict[str, Any]:
    query: dict[str, Any] = {"stream_type": "room", "stream_id": room, "order": order, "limit": limit}
    return client.get("/v1/events", params=query).json()


def shown(page: Page) -> int:
    """The sequence of the last event that the timeline has."""
    return int(page.evaluate("Number(/[0-9]+(?= events|$)/m.exec(document.querySelector('.timeline .table-foot')"
                             ".textContent.split('·')[0])[0])"))


def measure(page: Page, faults: Faults, client: httpx.Client, password: str, count: int) -> bool:
    room = client.post("/v1/rooms", json={"name": "Measured"}).json()["room_id"]
    began = time.monotonic()
    write(client, room, count)
    last = events(client, room, "desc", 1)["items"][0]["stream_seq"]
    print(f"{last} events written in {time.monotonic() - began:.0f} s", flush=True)

    early = events(client, room, "asc", KNOWN)
    early = {**early, "items": list(reversed(early["items"])), "next_cursor": None}
    page.route("**/v1/events?*order=desc*", lambda route: route.fulfill(json=early))
    page.goto(f"{faults.url}/app/rooms")
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    row = page.locator(".row:not(.head)", has_text="Measured")
    row.wait_for()
    before = heap(page)
    # What this machine makes of a page on which nothing happens: the others are to be compared with it.
    page.evaluate(START_FRAMES)
    page.wait_for_timeout(5000)
    told("while nothing happened", page.evaluate(STOP_FRAMES))
    for cut in range(CUTS):
        faults.cut_behind(rf"(?m)^id: ?{last * (cut + 1) // (CUTS + 1)}$")
    page.evaluate(START_FRAMES)
    began = time.monotonic()
    row.click()
    page.locator(".timeline").wait_for()
    eventually(lambda: shown(page) >= last, within=300)
    took = time.monotonic() - began
    if not faults.is_spent:
        sys.exit("The stream was not cut as often as it should have been.")
    told("while it streamed", page.evaluate(STOP_FRAMES))
    print(f"{last} events streamed in {took:.1f} s, pauses before coming back included ({last / took:.0f}/s)")
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
            with httpx.Client(
                base_url=suite.orchestrator.url, auth=("admin", suite.password), timeout=120, trust_env=False,
                limits=httpx.Limits(max_connections=WRITERS),
            ) as client:  # fmt: skip
                is_whole = measure(page, faults, client, suite.password, count)
            browser.close()
        faults.close()
    finally:
        suite.stop()
    suite.remove()
    if not is_whole:
        sys.exit("error: the timeline is not whole")


if __name__ == "__main__":
    main()
