# SPDX-License-Identifier: Apache-2.0

import json
import re

import httpx
import pytest
from playwright.sync_api import Page, expect
from suite import eventually


@pytest.fixture
def log(suite):
    """Writes lines to the log itself, as a daemon does."""
    url = next(one.url for one in suite.daemons if one.name == "logging-svc")

    def write(*messages: str, level: str = "info", service: str = "test-svc", **about: str) -> None:
        frames = [{"service": service, "level": level, "message": one, **about} for one in messages]
        sent = httpx.post(
            url + "/log", json=frames, auth=("admin", suite.password), timeout=20, trust_env=False
        )
        sent.raise_for_status()
    return write


def rows(page: Page):
    return page.get_by_role("log", name="Activity").get_by_role("article")


def scroller(page: Page):
    return page.get_by_role("log", name="Activity").locator(".vlist")


def test_updates_and_log_lines_come_into_one_list(visit, api, log, axe, fits, shot) -> None:
    log("before it was looked at", correlationId="act-merge")
    page = visit("/activity?correlation=act-merge")
    expect(rows(page).filter(has_text="before it was looked at")).to_have_count(1)
    task = api.task("hello", correlationId="act-merge")
    api.task("broken", correlationId="act-merge", fail={"kind": "permanent"})
    log("an error \x1b[31mcoloured\x1b[0m", level="error", correlationId="act-merge")
    expect(rows(page).filter(has_text="run.completed")).to_have_count(1)
    expect(rows(page).filter(has_text="run.failed")).to_contain_text("asked_to_fail")
    expect(rows(page).filter(has_text="an error coloured")).to_have_count(1)
    expect(page.locator(".connection")).to_have_text(re.compile(r"^Live, at \d"))
    axe(page)
    fits(page)
    shot(page, "activity")
    rows(page).get_by_role("link", name="task " + task["id"]).first.click()
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_visible()


def test_filters_stand_in_the_address_and_come_from_values(visit, api, log, axe, shot) -> None:
    log("quiet", level="debug", correlationId="act-filter")
    log("loud", level="error", correlationId="act-filter")
    log("elsewhere", level="error", service="other-svc", correlationId="act-filter")
    api.task("x", correlationId="act-filter")
    page = visit("/activity?correlation=act-filter")
    expect(rows(page).filter(has_text="quiet")).to_have_count(1)
    page.get_by_label("What is shown").select_option("logs")
    page.get_by_label("Least level of log lines").select_option("error")
    expect(rows(page)).to_have_count(2)
    rows(page).filter(has_text="loud").get_by_role("button", name="Only test-svc").click()
    expect(rows(page)).to_have_count(1)
    for part in ("show=logs", "level=error", "service=test-svc", "correlation=act-filter"):
        assert part in page.url
    axe(page)
    shot(page, "activity-filtered")
    page.reload()
    page = visit(page.url.split("/app")[1])
    expect(rows(page)).to_have_count(1)
    page.get_by_role("button", name="Remove the filter Service").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_label("What is shown").select_option("tasks")
    page.get_by_role("button", name="Completed", exact=True).click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("run.completed")


def test_the_tasks_of_an_agent(visit, api, axe) -> None:
    api.put("/agents/noop", {"kind": "builtin"})
    api.task("of echo", correlationId="act-agent")
    made = api.post("/task", {"agent": "noop", "input": {}, "correlationId": "act-agent"})
    api.settled(made["id"])
    page = visit("/activity?correlation=act-agent&agent=noop&show=tasks")
    expect(rows(page).filter(has_text="run.completed")).to_have_count(1)
    expect(rows(page).filter(has_text="echo")).to_have_count(0)
    # Updates of a task whose beginning nobody has seen do not name the agent: it is asked for.
    page = visit("/activity?correlation=act-agent&agent=noop&show=tasks&status=completed")
    expect(rows(page)).to_have_count(1)


def test_a_list_that_stands_counts_and_goes_on(visit, log, axe, shot) -> None:
    log(*[f"line {number}" for number in range(80)], correlationId="act-stand")
    page = visit("/activity?correlation=act-stand&show=logs")
    expect(rows(page).filter(has_text="line 79")).to_be_in_viewport()
    scroller(page).evaluate("(list) => { list.scrollTop = 200; }")
    expect(page.locator(".connection")).to_have_text("Paused")
    first = rows(page).first.get_attribute("data-key")
    log("while it stood", "and another", correlationId="act-stand")
    expect(page.locator(".connection")).to_have_text("Paused, 2 new")
    assert rows(page).first.get_attribute("data-key") == first
    axe(page)
    shot(page, "activity-paused")
    page.keyboard.press("End")
    expect(rows(page).filter(has_text="and another")).to_be_in_viewport()
    expect(page.locator(".connection")).to_contain_text("Live")

    page.keyboard.press(".")
    assert "live=no" in page.url
    log("once more", correlationId="act-stand")
    expect(page.locator(".connection")).to_have_text("Paused, 1 new")
    expect(rows(page).filter(has_text="once more")).to_have_count(0)
    page.keyboard.press(".")
    expect(rows(page).filter(has_text="once more")).to_be_in_viewport()


def test_older_lines_are_read_on_the_way_up(visit, log) -> None:
    log(*[f"old {number}" for number in range(900)], correlationId="act-older")
    page = visit("/activity?correlation=act-older&show=logs")
    expect(rows(page).filter(has_text="old 899")).to_be_in_viewport()
    def at_the_beginning() -> bool:
        scroller(page).evaluate("(list) => { list.scrollTop = 0; }")
        return page.get_by_text("old 0", exact=True).count() == 1
    eventually(at_the_beginning, within=30)
    expect(page.locator(".table-foot")).to_contain_text(re.compile(r"900.lines"))


def test_what_was_missed_on_a_broken_line_is_told_once(visit, log, api, faults, watch) -> None:
    watch.foresee("ERR_|WebSocket|status of 503")
    log("first", correlationId="act-cut")
    page = visit("/activity?correlation=act-cut")
    expect(rows(page).filter(has_text="first")).to_have_count(1)
    faults.answer(503, "^/ws/ticket", times=2)
    assert faults.cut() > 0
    expect(page.locator(".page-head .connection")).to_contain_text("Reconnecting")
    log("while it was away", correlationId="act-cut")
    api.task("as well", correlationId="act-cut")
    expect(page.locator(".page-head .connection")).to_contain_text("Live", timeout=40_000)
    expect(rows(page).filter(has_text="while it was away")).to_have_count(1)
    expect(rows(page).filter(has_text="run.completed")).to_have_count(1)


def test_a_lost_frame_is_found_and_read(visit, log, faults, shot) -> None:
    page = visit("/activity?show=logs")
    expect(page.locator(".connection")).to_contain_text("Live")
    log("is there at first")
    expect(rows(page).filter(has_text="is there at first")).to_have_count(1)
    count = faults.lose("never came through", lambda: log("never came through"))
    log("shows that something is missing")
    expect(rows(page).filter(has_text="shows that something is missing")).to_have_count(1)
    expect(rows(page).filter(has_text="never came through")).to_have_count(count)
    expect(page.locator(".activity-gap")).to_have_count(0)


def test_lines_that_are_kept_no_longer_leave_a_mark(visit, log, axe, shot) -> None:
    page = visit("/activity?show=logs")
    log("the last one that is known")
    expect(rows(page).filter(has_text="the last one that is known")).to_have_count(1)
    place = int(rows(page).last.get_attribute("data-key")[1:])

    def tell(frame: dict) -> None:
        page.evaluate("(text) => window.tell(text)", json.dumps(frame))

    # A server whose log begins later than what is known: nobody can wait here until lines are too old.
    page.add_init_script("""
        const Real = window.WebSocket;
        window.WebSocket = function (...about) {
            const socket = new Real(...about);
            window.tell = (text) => socket.onmessage({ data: text });
            const send = socket.send.bind(socket);
            socket.send = (text) => {
                const said = JSON.parse(text);
                // The first of its kind: later ones read what was before.
                if (said.type === "subscribe" && said.channels.includes("logs")) window.followed ??= said.id;
                send(text);
            };
            return socket;
        };
    """)
    page = visit("/activity?show=logs")
    expect(rows(page).filter(has_text="the last one that is known")).to_have_count(1)
    tell({
        "type": "reset", "subscription": page.evaluate("window.followed"), "channel": "logs", "oldest": place + 1000,
        "cursor": {"events": None, "logs": place + 999},
    })  # fmt: skip
    expect(page.get_by_text("log lines came here and are kept no longer")).to_be_visible()
    axe(page)
    shot(page, "activity-gone")


def test_nothing_fits(visit, axe, fits, shot) -> None:
    page = visit("/activity?correlation=act-nothing")
    expect(page.get_by_text("Nothing fits these filters so far")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "activity-empty")


def test_the_keyboard_moves_through_lines(visit, log, page) -> None:
    log("one", "two", "three", correlationId="act-keys")
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Activity")).to_be_focused()
    page = visit("/activity?correlation=act-keys")
    rows(page).filter(has_text="three").focus()
    page.keyboard.press("k")
    expect(rows(page).filter(has_text="two")).to_be_focused()
    page.keyboard.press("j")
    expect(rows(page).filter(has_text="three")).to_be_focused()
