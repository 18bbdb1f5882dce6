# SPDX-License-Identifier: Apache-2.0
"""Analytics: how work went, and from each part of a chart to the very tasks that are counted in it."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

Visit = Callable[[str], Page]
NAMES = ("Throughput", "Error rate", "Missed the target", "From creation to start", "From creation to end")


@pytest.fixture(scope="session")
def work(api) -> str:
    """Some tasks of the echo agent: most complete, some slowly, some fail, one was called off. The name of the agent."""
    mark = secrets.token_hex(4)
    for number in range(6):
        api.task(f"{mark} {number}", delayMilliseconds=10 * number)
    api.task(f"{mark} slow", delayMilliseconds=1500)
    for _ in range(2):
        api.task(f"{mark} broken", fail={"kind": "permanent"})
    called_off = api.task(mark, until=("running",), delayMilliseconds=60_000)
    api.patch(f"/task/{called_off['id']}", {"status": "cancelled", "ifVersion": called_off["version"]})
    return "echo"


def chart(page: Page, name: str) -> Locator:
    return page.get_by_role("figure", name=name)


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def rows(page: Page) -> Locator:
    return page.get_by_role("grid", name="Tasks").locator(".row:not(.head)")


def counted(page: Page, word: str) -> int:
    found = re.search(rf"([\d,]+) {word}", chart(page, "Throughput").locator("figcaption").inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def test_the_figures_are_shown_in_charts(visit: Visit, work: str, axe, fits, shot) -> None:
    page = visit("/analytics?range=1h&within=1")
    for name in NAMES:
        expect(slider(page, name)).to_be_visible()
    assert counted(page, "tasks") >= 10
    assert counted(page, "failed") >= 2
    assert counted(page, "cancelled") >= 1
    expect(page.locator(".figures")).to_contain_text("Target missed")
    expect(chart(page, "Missed the target").locator("figcaption")).to_contain_text("the target of 99.00 % is missed")
    axe(page)
    fits(page)
    shot(page, "analytics")


def test_every_chart_is_a_table_too(visit: Visit, work: str, axe, fits, shot) -> None:
    page = visit("/analytics?range=1h")
    for name in NAMES:
        expect(chart(page, name)).to_be_visible()
        chart(page, name).get_by_role("button", name="As a table").click()
        expect(page.get_by_role("region", name=name + ", as a table").locator("tbody tr")).to_have_count(48)
    axe(page)
    fits(page)
    shot(page, "analytics-tables")
    table = page.get_by_role("region", name="Throughput, as a table")
    row = table.locator("tbody tr").filter(has=page.locator("td", has_text=re.compile("^[1-9]"))).first
    total = sum(int(text) for text in row.locator("td").all_inner_texts())
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/tasks\?since=.*until="))
    # Rows that are not in sight are not drawn.
    expect(page.get_by_text(f"{total} in all", exact=True)).to_be_visible()


def test_a_bar_leads_to_its_tasks_by_keys(visit: Visit, work: str) -> None:
    page = visit(f"/analytics?range=1h&agent={work}")
    expect(slider(page, "Error rate")).to_be_visible()
    slider(page, "Error rate").focus()
    page.keyboard.press("End")
    for _ in range(48):
        if "failed of those ended" in (slider(page, "Error rate").get_attribute("aria-valuetext") or "") and not (
            slider(page, "Error rate").get_attribute("aria-valuetext") or ""
        ).endswith(" 0 %"):
            break
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tasks\?status=failed&agent=echo&since=.*until="))
    rows(page).first.wait_for()
    expect(rows(page).locator(".status:not(.status-failed)")).to_have_count(0)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/analytics\?agent=echo&range=1h|/analytics\?range=1h&agent=echo"))


def test_a_bar_leads_to_its_tasks_by_a_click_and_a_drag_chooses_a_time(visit: Visit, work: str) -> None:
    page = visit("/analytics?range=1h")
    expect(slider(page, "Throughput")).to_be_visible()
    box = slider(page, "Throughput").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, middle, steps=6)
    expect(chart(page, "Throughput").locator(".chart-readout")).to_contain_text("chosen")
    page.mouse.up()
    expect(page).to_have_url(re.compile("/analytics.*since=.*until="))
    expect(chart(page, "Throughput").locator("figcaption")).to_contain_text("tasks")
    page.get_by_role("group", name="Time range").get_by_role("combobox").select_option("6h")
    expect(page).to_have_url(re.compile(r"/analytics\?range=6h"))
    expect(chart(page, "Throughput").locator("rect[fill]").last).to_be_visible()
    box = slider(page, "Throughput").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/tasks\?since=.*until="))
    rows(page).first.wait_for()


def test_the_target_stands_in_the_address(visit: Visit, work: str) -> None:
    page = visit("/analytics?range=1h&within=0.001&target=50")
    expect(page.get_by_label("Per cent of the tasks")).to_have_value("50")
    caption = chart(page, "Missed the target").locator("figcaption")
    expect(caption).to_contain_text("the target of 50.0 % is missed")
    page.get_by_label("Seconds until completed").fill("600")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("within=600&target=50"))
    expect(caption).to_contain_text("the target of 50.0 % is met")
    page.get_by_label("Per cent of the tasks").fill("none")
    expect(page.get_by_label("Per cent of the tasks")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("within=600&target=50"))


def test_a_time_without_tasks_offers_another(visit: Visit, axe, fits, shot) -> None:
    page = visit("/analytics?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z")
    expect(page.get_by_text("No task was created in this time")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "analytics-empty")
    page.get_by_role("button", name="Look at the last 90 days").click()
    expect(page).to_have_url(re.compile(r"/analytics\?range=90d"))


def test_figures_that_cannot_be_read_say_so(visit: Visit, faults, try_again, watch, work: str, axe, shot) -> None:
    watch.foresee("status of 500")
    faults.answer(500, "^/v1/analytics", detail="The abacus is broken.")
    page = visit("/analytics?range=1h")
    expect(page.get_by_role("alert")).to_contain_text("The abacus is broken.")
    axe(page)
    shot(page, "analytics-failed")
    try_again(page)
    expect(slider(page, "Throughput")).to_be_visible()
    faults.answer(500, "^/v1/analytics")
    page.keyboard.press("r")
    expect(page.get_by_role("alert")).to_contain_text("The last update failed")
    expect(slider(page, "Throughput")).to_be_visible()


def test_loading_says_so(visit: Visit, faults, shot) -> None:
    faults.slow(3, "^/v1/analytics", times=1)
    page = visit("/analytics?range=1h")
    expect(page.get_by_text("Loading the figures…")).to_be_visible()
    shot(page, "analytics-loading")
    page.get_by_text("Loading the figures…").wait_for(state="hidden")
