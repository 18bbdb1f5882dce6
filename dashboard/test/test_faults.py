# SPDX-License-Identifier: Apache-2.0
"""What goes wrong between the browser and the daemons is said, and mended when it can be."""

import json
import threading

import httpx
import pytest
from faults import Faults
from playwright.sync_api import Page, expect
from suite import eventually


def rows(page: Page):
    return page.get_by_role("grid", name="Tasks").locator(".row:not(.head)")


@pytest.mark.parametrize("status", [500, 503, 409])
def test_a_list_that_fails_says_so_and_recovers(
    faults: Faults, try_again, visit, watch, axe, fits, shot, api, status: int
) -> None:
    watch.foresee(f"status of {status}")
    api.task("still there", correlationId=f"faults-{status}")
    faults.answer(status, "^/tasks", detail="The printer is out of paper.")
    page = visit(f"/tasks?correlationId=faults-{status}")
    trouble = page.get_by_role("alert")
    expect(trouble).to_contain_text("The printer is out of paper.")
    expect(trouble).to_contain_text("0123456789abcdef")
    axe(page)
    fits(page)
    shot(page, f"faults-{status}")
    with page.expect_request(lambda request: "/tasks?" in request.url):
        page.get_by_role("button", name="Try again").click()
    try_again(page)
    expect(rows(page)).to_have_count(1)


def test_a_list_that_fails_later_keeps_what_it_shows(faults: Faults, try_again, visit, watch, api, shot) -> None:
    watch.foresee("status of 500")
    api.task("shown", correlationId="faults-later")
    page = visit("/tasks?correlationId=faults-later")
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".connection")).to_have_text("Live")
    faults.answer(500, "^/tasks")
    api.task("not yet", correlationId="faults-later")
    expect(page.locator(".table-foot")).to_contain_text("The last update failed.")
    expect(rows(page)).to_have_count(1)
    shot(page, "faults-later")
    try_again(page)
    expect(rows(page)).to_have_count(2)
    expect(page.locator(".table-foot")).not_to_contain_text("failed")


def test_what_takes_long_shows_that_it_loads(faults: Faults, visit, shot) -> None:
    faults.slow(3, "^/tasks", times=1)
    page = visit("/tasks?correlationId=faults-slow")
    expect(page.get_by_text("Loading tasks…")).to_be_visible()
    shot(page, "faults-slow")
    expect(page.get_by_text("No task fits these filters")).to_be_visible()


def test_a_cut_connection_says_so_and_comes_back_without_gap_or_duplicate(
    faults: Faults, try_again, visit, watch, api, axe, shot
) -> None:
    watch.foresee("status of 503|WebSocket connection")
    api.task("before", correlationId="faults-cut")
    page = visit("/tasks?correlationId=faults-cut")
    expect(rows(page)).to_have_count(1)
    badge = page.locator(".page-head .connection")
    expect(badge).to_have_text("Live")
    faults.answer(503, "^/ws")
    assert faults.cut() > 0
    expect(badge).to_contain_text("Reconnecting in")
    axe(page)
    shot(page, "faults-cut")
    for number in range(5):
        api.task(f"while it was cut, {number}", correlationId="faults-cut")
    expect(rows(page)).to_have_count(1)
    try_again(page, "Reconnect now")
    expect(badge).to_have_text("Live")
    expect(rows(page)).to_have_count(6)
    names = rows(page).locator(".id").evaluate_all("(all) => all.map((one) => one.title)")
    assert len(set(names)) == 6
    for row in range(6):
        expect(rows(page).nth(row)).to_contain_text("Completed")


def test_news_that_come_twice_change_nothing(faults: Faults, visit, api) -> None:
    page = visit("/tasks?correlationId=faults-twice")
    expect(page.locator(".page-head .connection")).to_have_text("Live")
    faults.repeat('"type":"events"', times=100)
    for number in range(3):
        api.task(str(number), correlationId="faults-twice")
    expect(rows(page)).to_have_count(3)
    for row in range(3):
        expect(rows(page).nth(row)).to_contain_text("Completed")


def test_a_change_that_is_refused_is_shown(faults: Faults, visit, watch, api, axe, shot) -> None:
    watch.foresee("status of 409")
    task = api.post("/task", {"agent": "echo", "input": {"message": "later"}, "runAt": "2099-01-01T00:00:00Z"})
    page = visit(f"/tasks/{task['id']}")
    faults.answer(409, f"^/task/{task['id']}", method="PATCH", detail="The task is being moved.", times=1)
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the task").click()
    said = page.get_by_role("status").filter(has_text="The task is being moved.")
    expect(said).to_be_visible()
    expect(page.locator(".page-head .status")).to_have_text("Scheduled")
    axe(page)
    shot(page, "faults-refused")
    page.get_by_role("button", name="Put away").click()
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.locator(".page-head .status")).to_have_text("Cancelled")


def test_a_task_that_is_refused_stays_as_it_was_written(faults: Faults, visit, watch, axe, shot) -> None:
    watch.foresee("status of 409|status of 500")
    page = visit("/new-task")
    page.get_by_label("message").fill("not lost")
    faults.answer(409, "^/task$", method="POST", detail="The key was used for another task.", times=1)
    page.get_by_role("button", name="Make the task").click()
    trouble = page.get_by_role("alert")
    expect(trouble).to_contain_text("The key was used for another task.")
    axe(page)
    shot(page, "faults-new-task")
    page.get_by_role("button", name="Take a new key").click()
    page.get_by_role("button", name="Make the task").click()
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    expect(page.get_by_text("not lost").first).to_be_visible()


def test_the_proxy_cuts_repeats_and_drops_events_of_a_stream(faults: Faults, suite, api) -> None:
    room = api.post("/v1/rooms", {"name": "faults"})["room_id"]
    seen: list[int] = []
    ends: list[str] = []

    def follow() -> None:
        with httpx.stream(
            "GET", f"{faults.url}/v1/streams/rooms/{room}?from_seq=1", auth=("admin", suite.password), timeout=30
        ) as answer:
            try:
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        said = json.loads(line.removeprefix("data:"))
                        seen.extend(one["stream_seq"] for one in (said if isinstance(said, list) else [said]))
            except httpx.RemoteProtocolError:
                ends.append("cut")

    reader = threading.Thread(target=follow)
    reader.start()
    eventually(lambda: seen == [1], within=10)
    faults.repeat("data:")
    api.patch(f"/v1/rooms/{room}", {"name": "twice", "if_version": 1})
    eventually(lambda: seen == [1, 2, 2], within=10)
    faults.drop("data:")
    api.patch(f"/v1/rooms/{room}", {"name": "never", "if_version": 2})
    api.patch(f"/v1/rooms/{room}", {"name": "seen", "if_version": 3})
    eventually(lambda: seen == [1, 2, 2, 4], within=10)
    faults.cut()
    reader.join(10)
    assert ends == ["cut"]
