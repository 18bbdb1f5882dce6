# SPDX-License-Identifier: Apache-2.0
"""Logs: every line can be found, by what it says, when it was and what is around it, and new ones come by themselves."""

import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from daemons import Daemons
from playwright.sync_api import Locator, Page, expect

Visit = Callable[[str], Page]


class Logger:
    """Puts lines into the log as a service of this test's own."""

    def __init__(self, suite: Daemons) -> None:
        logging = next(one for one in suite.daemons if one.name == "logging-svc")
        self._client = httpx.Client(base_url=logging.url, auth=("admin", suite.password), trust_env=False)
        self.service = "test-" + secrets.token_hex(4)

    def log(self, *messages: str, level: str = "info", ago: float = 0, **more: Any) -> None:
        when = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
        frames = [{"level": level, "service": self.service, "message": one, "time": when, **more} for one in messages]
        self._client.post("/log", json=frames).raise_for_status()

    def ids(self) -> list[int]:
        found = self._client.get("/logs", params={"service": self.service, "order": "oldest", "limit": 1000}).json()
        return [one["id"] for one in found["logs"]]

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def logger(suite: Daemons):
    logger = Logger(suite)
    yield logger
    logger.close()


def lines(page: Page) -> Locator:
    return page.locator(".log-line")


def at_top(page: Page) -> str:
    return lines(page).first.locator(".log-message").inner_text()


def brush(page: Page) -> Locator:
    return page.get_by_role("slider", name="Lines by level")


def test_lines_are_listed_and_opened(visit: Visit, logger: Logger, axe, fits, shot) -> None:
    logger.log("all is well", level="debug", ago=900)
    logger.log("the disk is nearly full", level="warning", ago=600)
    logger.log("the disk is full", level="error", ago=300, fields={"disk": "/data", "free": 0, "where": {"rack": 7}})
    logger.log("nothing can be written any more", level="critical", fields={"disk": "/data"})
    page = visit(f"/logs?service={logger.service}")
    expect(lines(page)).to_have_count(4)
    expect(lines(page).first).to_contain_text("nothing can be written")
    expect(page.locator("figcaption")).to_have_text("4 lines, 2 errors (1 critical) and 1 warning.")
    axe(page)
    fits(page)
    lines(page).nth(1).click()
    detail = page.locator(".log-detail")
    expect(detail).to_contain_text('"/data"')
    expect(detail).to_contain_text("rack")
    axe(page)
    fits(page)
    shot(page, "logs")
    lines(page).nth(1).click()
    expect(detail).to_have_count(0)


def test_a_value_filters_by_a_click_and_a_key_takes_all_filters_away(
    visit: Visit, logger: Logger, axe, fits, shot
) -> None:
    for number in range(3):
        logger.log(f"request {number}", fields={"status": 500 if number == 1 else 200, "route": "/a:b\\c"})
    page = visit(f"/logs?service={logger.service}&wrap=yes")
    expect(lines(page)).to_have_count(3)
    lines(page).nth(1).click()
    page.get_by_role("button", name="Only lines with status 500").click()
    expect(lines(page)).to_have_count(1)
    assert "field=status%3A500" in page.url
    page.get_by_role("button", name="Remove the filter status 500").click()
    expect(lines(page)).to_have_count(3)
    lines(page).nth(1).click()
    page.get_by_role("button", name="No lines with status 500").click()
    expect(lines(page)).to_have_count(2)
    expect(page.locator(".log-message").filter(has_text="request 1")).to_have_count(0)
    lines(page).first.click()
    page.get_by_role("button", name="Only lines with route /a:b\\c").click()
    expect(page.get_by_role("group", name="Filters that hold")).to_contain_text("route: /a:b\\c")
    expect(lines(page)).to_have_count(2)
    axe(page)
    fits(page)
    shot(page, "logs-filters")
    page.locator("h1").focus()
    page.keyboard.press("Shift+F")
    expect(page.get_by_role("group", name="Filters that hold")).to_have_count(0)
    assert page.url.endswith("/logs?wrap=yes")


def test_a_search_marks_what_it_found_and_a_level_is_the_least(visit: Visit, logger: Logger) -> None:
    logger.log("Lease lost, LEASE taken", "nothing of it")
    logger.log("a lease in danger", level="warning")
    page = visit(f"/logs?service={logger.service}")
    expect(lines(page)).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("lease")
    expect(lines(page)).to_have_count(2)
    expect(page.locator(".log-line mark")).to_have_text(["lease", "Lease", "LEASE"])
    page.get_by_role("combobox", name="Level").select_option("warning")
    expect(lines(page)).to_have_count(1)
    assert "text=lease" in page.url and "level=warning" in page.url


def test_a_range_is_chosen_in_the_histogram_by_keys_and_by_pointer(
    visit: Visit, logger: Logger, axe, fits, shot
) -> None:
    for minutes in range(0, 55, 5):
        logger.log(f"{minutes} minutes ago", ago=minutes * 60)
    page = visit(f"/logs?service={logger.service}")
    expect(lines(page)).to_have_count(11)
    brush(page).focus()
    page.keyboard.press("End")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator(".chart-readout")).to_contain_text("chosen")
    expect(page.locator(".chart-range")).to_be_visible()
    shot(page, "logs-brush")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("since=.*until="))
    expect(lines(page)).to_have_count(2)
    page.get_by_role("button", name="Widen").click()
    page.get_by_role("group", name="Time range").get_by_role("combobox").select_option("1h")
    expect(lines(page)).to_have_count(11)
    box = brush(page).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("since=.*until="))
    expect(lines(page)).to_have_count(5)
    page.get_by_role("button", name="As a table").click()
    expect(page.get_by_role("region", name="Lines by level, as a table").locator("tbody tr")).to_have_count(60)
    axe(page)
    fits(page)
    shot(page, "logs-table")


def test_lines_around_a_line_stand_in_place_in_both_directions(visit: Visit, logger: Logger, axe, fits, shot) -> None:
    logger.log(*(f"before {number}" for number in range(30)))
    logger.log("the fault itself", level="error")
    logger.log(*(f"after {number}" for number in range(30)))
    page = visit(f"/logs?service={logger.service}&level=error&order=oldest")
    expect(lines(page)).to_have_count(1)
    lines(page).first.focus()
    page.keyboard.press("s")
    around = page.locator(".log-line.around .log-message")
    expect(around).to_have_count(19)
    texts = [text.replace("Not among the results:", "") for text in around.all_inner_texts()]
    assert texts[0].strip() == "before 21" and texts[-1].strip() == "after 9"
    page.get_by_role("button", name="10 earlier lines").click()
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", "32")
    page.keyboard.press("End")
    page.get_by_role("button", name="10 later lines").click()
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-rowcount", "42")
    expect(page.locator(".log-line.marked")).to_contain_text("the fault itself")
    axe(page)
    fits(page)
    shot(page, "logs-around")
    page.get_by_role("button", name="Close").first.click()
    expect(lines(page)).to_have_count(1)


def test_a_line_has_an_address_of_its_own(visit: Visit, logger: Logger, axe, fits, shot) -> None:
    logger.log(*(f"line {number}" for number in range(400)))
    middle = logger.ids()[200]
    page = visit(f"/logs?id={middle}")
    marked = page.locator(".log-line.marked")
    expect(marked).to_contain_text("line 200")
    expect(marked).to_be_in_viewport()
    expect(marked).to_have_attribute("aria-current", "true")
    axe(page)
    fits(page)
    shot(page, "logs-line")
    marked.focus()
    page.keyboard.press("Home")
    expect(lines(page).first).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Home")
    expect(page.locator(".log-message").filter(has_text="line 399")).to_have_count(1)
    page.get_by_role("link", name="Back to the list").click()
    expect(brush(page)).to_be_visible()
    visit("/logs?id=999999999")
    expect(page.get_by_text("Line 999999999 is not here")).to_be_visible()
    expect(page.get_by_text("There is none with this number yet.")).to_be_visible()


def test_a_trace_leads_to_its_task_and_run(visit: Visit, api) -> None:
    task = api.task("find me by my trace")
    page = visit(f"/logs?traceId={task['trace_id']}")
    expect(lines(page).first).to_be_visible()
    lines(page).first.click()
    origin = page.get_by_role("list", name="Tasks of this trace")
    origin.get_by_role("link", name=task["run_id"]).click()
    expect(page).to_have_url(re.compile(task["run_id"]))


def test_new_lines_come_by_themselves_and_do_not_move_those_that_are_read(visit: Visit, logger: Logger, shot) -> None:
    logger.log(*(f"old {number}" for number in range(200)))
    page = visit(f"/logs?service={logger.service}&follow=yes")
    expect(page.locator(".connection")).to_have_text("Live")
    logger.log("news")
    expect(lines(page).first).to_contain_text("news")
    frame = page.locator(".vlist")
    frame.evaluate("(element) => element.scrollTo(0, 1400)")
    expect(page.locator(".log-message").filter(has_text="old 140")).to_have_count(1)
    place = page.locator(".log-line").filter(has_text="old 145").bounding_box()
    logger.log("more news", "and more")
    button = page.get_by_role("button", name="2 new above")
    expect(button).to_be_visible()
    assert page.locator(".log-line").filter(has_text="old 145").bounding_box() == place
    shot(page, "logs-follow")
    button.click()
    expect(lines(page).first).to_contain_text("and more")
    expect(button).to_have_count(0)
    page.keyboard.press(".")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")


def test_followed_lines_stand_below_in_the_other_order(visit: Visit, logger: Logger) -> None:
    logger.log(*(f"old {number}" for number in range(200)))
    page = visit(f"/logs?service={logger.service}&follow=yes&order=oldest")
    expect(page.locator(".log-message").filter(has_text="old 199")).to_be_in_viewport()
    logger.log("news")
    expect(page.locator(".log-message").filter(has_text="news")).to_be_in_viewport()


def test_what_came_while_the_line_was_cut_is_read(visit: Visit, faults, watch, logger: Logger, shot) -> None:
    watch.foresee("status of 503")
    logger.log("first")
    page = visit(f"/logs?service={logger.service}&follow=yes")
    expect(page.locator(".connection").first).to_have_text("Live")
    faults.answer(503, "^/ws")
    assert faults.cut() > 0
    expect(page.locator(".connection").first).to_contain_text("Reconnecting")
    logger.log("while it was cut", "and once more")
    shot(page, "logs-cut")
    faults.heal()
    expect(lines(page)).to_have_count(3)
    logger.log("after")
    expect(lines(page)).to_have_count(4)
    assert [text.strip() for text in page.locator(".log-message").all_inner_texts()] == [
        "after", "and once more", "while it was cut", "first",
    ]  # fmt: skip


def test_a_line_that_got_lost_on_the_way_is_read(visit: Visit, faults, logger: Logger) -> None:
    page = visit("/logs?follow=yes")
    expect(page.locator(".connection").first).to_have_text("Live")
    count = faults.lose("goes missing", lambda: logger.log("goes missing " + logger.service))
    logger.log("comes " + logger.service)
    mine = page.locator(".log-message").filter(has_text=logger.service)
    expect(mine).to_have_text(["comes " + logger.service] + count * ["goes missing " + logger.service])


def test_text_of_others_is_shown_without_commands_to_screens(visit: Visit, logger: Logger) -> None:
    logger.log("\x1b[31mred\x1b[0m and \u202etxt.exe\u202c <b>bold</b>", fields={"\u202eeman": "\u202eulav\x1b[1m"})
    page = visit(f"/logs?service={logger.service}")
    expect(page.locator(".log-message")).to_have_text("red and txt.exe <b>bold</b>")
    lines(page).first.click()
    detail = page.locator(".log-detail")
    expect(detail.get_by_label("Message")).to_have_text("red and txt.exe <b>bold</b>")
    assert not re.search("[\u202a-\u202e\x1b]", detail.inner_text())


def test_lines_are_copied_and_downloaded_as_they_are(visit: Visit, logger: Logger) -> None:
    logger.log("one", "two", fields={"n": 1})
    page = visit(f"/logs?service={logger.service}&order=oldest")
    lines(page).first.focus()
    page.keyboard.press("y")
    expect(page.get_by_text("Line copied.")).to_be_visible()
    assert f'info {logger.service} one {{"n":1}}' in page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "tutti-logs.ndjson"
    kept = [json.loads(line) for line in waiting.value.path().read_text().splitlines()]
    assert [one["message"] for one in kept] == ["one", "two"]


def test_nothing_found_and_nothing_known_look_different(visit: Visit, logger: Logger, faults, try_again, watch, axe, shot) -> None:
    watch.foresee("status of 500")
    page = visit(f"/logs?service={logger.service}")
    expect(page.get_by_text("No line fits in this time")).to_be_visible()
    axe(page)
    shot(page, "logs-empty")
    page.get_by_role("button", name="Look at all times").click()
    expect(page.get_by_text("No line fits these filters")).to_be_visible()
    faults.answer(500, "^/v1/logs", detail="The log is away.")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_role("alert").filter(has_text="Cannot load the logs")).to_contain_text("The log is away.")
    expect(page.get_by_role("alert").filter(has_text="cannot be counted")).to_contain_text("The log is away.")
    axe(page)
    shot(page, "logs-failed")
    logger.log("there it is")
    try_again(page)
    expect(lines(page)).to_have_count(1)


def test_loading_says_so(visit: Visit, logger: Logger, faults, shot) -> None:
    faults.slow(3, "^/v1/logs", times=2)
    page = visit(f"/logs?service={logger.service}")
    expect(page.get_by_text("Loading lines…")).to_be_visible()
    expect(page.get_by_text("Loading the counts…")).to_be_visible()
    shot(page, "logs-loading")
    expect(page.get_by_text("No line fits in this time")).to_be_visible()


def test_a_search_that_finds_little_says_how_far_it_has_looked(visit: Visit, page: Page, shot) -> None:
    """The log would have to be very long for real: these pages are of one that is."""
    asked: list[str] = []

    def answer(route) -> None:
        asked.append(route.request.url)
        at = 900_000 - 20_000 * len(asked)
        body = {"logs": [], "next_cursor": f"n{at}", "scanned_to": at, "newest_id": 900_000, "oldest_id": 12}
        route.fulfill(json=body)

    page.route(re.compile(r"/v1/logs\?"), answer)
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_text("Nothing found so far")).to_be_visible()
    expect(page.get_by_text("back to line 500000; the oldest one is 12.")).to_be_visible()
    assert len(asked) == 20
    shot(page, "logs-far")
    page.get_by_role("button", name="Look further").click()
    expect(page.get_by_text("back to line 100000; the oldest one is 12.")).to_be_visible()


def test_everything_goes_by_keys(page: Page, logger: Logger) -> None:
    logger.log(*(f"line {number}" for number in range(20)), fields={"kind": "keys"})
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.locator("h1")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("line 1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("text=line"))
    lines(page).first.wait_for()
    while page.evaluate("document.activeElement.getAttribute('role')") != "row":
        page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(lines(page).nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".log-detail")).to_have_count(1)
    page.keyboard.press("j")
    expect(lines(page).nth(3)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".log-detail")).to_have_count(0)
    page.keyboard.press("w")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("order=oldest.*wrap=yes"))
