# SPDX-License-Identifier: Apache-2.0
"""Incidents: the list, one of them, and opening one by hand."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect
from work import Worker


@pytest.fixture
def kind() -> str:
    """A kind that no other test uses, so that its list has nothing else."""
    return "test_" + uuid.uuid4().hex[:12]


def rows(page: Page):
    return page.get_by_role("grid", name="Incidents").locator(".vlist").get_by_role("row")


def test_none_yet(visit, kind: str, axe, shot, fits) -> None:
    page = visit(f"/incidents?kind={kind}")
    expect(page.get_by_text("No incident fits these filters")).to_be_visible()
    axe(page)
    shot(page, "incidents-none")
    fits(page)


def test_filters_are_in_the_address(visit, api, kind: str, axe, shot, fits) -> None:
    for severity in ("low", "medium", "high", "critical"):
        api.post("/v1/incidents", {"title": f"A {severity} one", "severity": severity, "kind": kind})
    page = visit(f"/incidents?kind={kind}")
    expect(rows(page)).to_have_count(4)
    axe(page)
    shot(page, "incidents")
    fits(page)
    page.get_by_role("group", name="Severity").get_by_role("button", name="High").click()
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("severity=high"))
    page.get_by_role("group", name="Status", exact=True).get_by_role("button", name="Closed").click()
    expect(page.get_by_text("No incident fits these filters")).to_be_visible()
    page.keyboard.press("Shift+F")
    expect(page).to_have_url(re.compile("/incidents$"))


def test_pages_are_read_as_somebody_scrolls(visit, api, kind: str) -> None:
    for number in range(130):
        api.post("/v1/incidents", {"title": f"Number {number}", "severity": "low", "kind": kind})
    page = visit(f"/incidents?kind={kind}")
    expect(page.get_by_text("100 read so far")).to_be_visible()
    rows(page).first.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("130 in all")).to_be_visible()


def test_one_is_opened_by_hand_acknowledged_and_closed(visit, axe, shot, fits) -> None:
    page = visit("/tasks")
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Incidents")).to_be_focused()
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Open an incident")
    axe(page)
    shot(page, "incident-new")
    dialog.get_by_label("What is wrong, in one line").fill("The printer is on fire")
    dialog.get_by_label("Critical").check()
    dialog.get_by_label("More about it, as Markdown").fill("Smoke on the third floor.")
    dialog.get_by_role("button", name="Open the incident").click()
    expect(page.get_by_role("heading", name="The printer is on fire")).to_be_visible()
    status = page.locator(".page-head .status")
    expect(status).to_have_text("Open")
    expect(page.get_by_text("incident.opened")).to_be_visible()

    page.keyboard.press("a")
    page.get_by_role("dialog").get_by_role("textbox").fill("Somebody has gone there")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    expect(status).to_have_text("Acknowledged")
    expect(page.get_by_role("listitem").filter(has_text="incident.acknowledged")).to_contain_text("Somebody has gone there")
    axe(page)
    shot(page, "incident")
    fits(page)

    page.keyboard.press("x")
    close = page.get_by_role("dialog").get_by_role("button", name="Close it for good")
    expect(close).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill("It was put out")
    close.click()
    expect(status).to_have_text("Closed")
    expect(page.get_by_role("listitem").filter(has_text="incident.closed")).to_contain_text("It was put out")
    expect(page.get_by_role("button", name="Close…")).to_have_count(0)


def test_one_is_opened_from_a_run_that_failed(visit, api) -> None:
    worker = Worker(api, "incidental")
    work = worker.take(retry={"max_attempts": 1})
    work.fail("broken", "The wheel came off.")
    worker.end()
    page = visit(f"/runs/{work.run}")
    page.get_by_role("link", name="Open an incident…").click()
    dialog = page.get_by_role("dialog", name="Open an incident")
    expect(dialog.get_by_label("What is wrong, in one line")).to_have_value("The wheel came off.")
    expect(dialog.get_by_label("Run that it is about")).to_have_value(work.run)
    dialog.get_by_role("button", name="Open the incident").click()
    expect(page.get_by_role("heading", name="The wheel came off.")).to_be_visible()
    page.get_by_role("link", name=work.run).click()
    expect(page).to_have_url(re.compile(work.run))


def test_runs_are_linked_to_it(visit, api, kind: str) -> None:
    worker = Worker(api, "incidental")
    work = worker.take(retry={"max_attempts": 1})
    work.complete()
    worker.end()
    made = api.post("/v1/incidents", {"title": "Linked", "severity": "low", "kind": kind})
    page = visit(f"/incidents/{made['incident_id']}")
    expect(page.get_by_text("None is linked to it.")).to_be_visible()
    page.get_by_label("Link a run").fill(work.run)
    page.get_by_role("button", name="Link it").click()
    expect(page.get_by_role("link", name=work.run)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="incident.linked")).to_be_visible()
