# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import Page, expect


def rows(page: Page):
    return page.get_by_role("grid", name="Tasks").locator(".row:not(.head)")


def test_a_list_that_is_filtered_and_looked_at(visit, api, axe, fits, shot) -> None:
    done = api.task("done", correlationId="tasks-look")
    broken = api.task("broken", correlationId="tasks-look", fail={"kind": "permanent"})
    page = visit("/tasks?correlationId=tasks-look")
    expect(rows(page)).to_have_count(2)
    axe(page)
    fits(page)
    shot(page, "tasks")
    page.get_by_role("button", name="Failed", exact=True).click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("Failed")
    assert "status=failed" in page.url and "correlationId=tasks-look" in page.url
    page.keyboard.press("Shift+F")
    expect(page.get_by_role("group", name="Filters that hold")).to_have_count(0)
    assert page.url.endswith("/app/tasks")
    expect(page.get_by_role("link", name=done["id"])).to_be_visible()
    expect(page.get_by_role("link", name=broken["id"])).to_be_visible()


def test_the_keyboard_moves_through_rows_and_opens_one(visit, api) -> None:
    first = api.task("first", correlationId="tasks-keys")
    api.task("second", correlationId="tasks-keys")
    page = visit("/tasks?correlationId=tasks-keys")
    expect(rows(page)).to_have_count(2)
    rows(page).first.focus()
    page.keyboard.press("j")
    expect(rows(page).nth(1)).to_be_focused()
    page.keyboard.press("Home")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    assert page.url.endswith(first["id"])


def test_news_come_by_themselves_unless_they_are_paused(visit, api) -> None:
    page = visit("/tasks?correlationId=tasks-live")
    expect(page.get_by_text("No task fits these filters")).to_be_visible()
    expect(page.locator(".connection")).to_have_text("Live")
    api.task("seen at once", correlationId="tasks-live")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press(".")
    api.task("seen later", correlationId="tasks-live")
    expect(page.locator(".connection")).to_contain_text("new")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press(".")
    expect(rows(page)).to_have_count(2)


def test_pages_are_read_on_by_the_cursor(visit, api) -> None:
    for number in range(105):
        api.post("/task", {"agent": "echo", "input": {"message": str(number)}, "correlationId": "tasks-pages"})
    page = visit("/tasks?correlationId=tasks-pages")
    expect(page.locator(".table-foot")).to_contain_text("100 read so far")
    rows(page).first.focus()
    page.keyboard.press("End")
    expect(page.locator(".table-foot")).to_contain_text("105 in all")
