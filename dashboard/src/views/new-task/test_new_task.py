# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import expect


def test_a_task_is_made_by_the_form(visit, api, axe, fits, shot) -> None:
    page = visit("/new-task")
    page.get_by_label("message").fill("made by hand")
    axe(page)
    fits(page)
    shot(page, "new-task")
    page.get_by_role("button", name="Make the task").click()
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    task = api.settled(page.url.rsplit("/", 1)[1])
    assert task["input"]["message"] == "made by hand"


def test_the_form_and_its_json_say_the_same_and_outlive_a_reload(visit) -> None:
    page = visit("/new-task")
    page.get_by_label("message").fill("a draft")
    page.get_by_role("tab", name="JSON").click()
    raw = page.get_by_role("tabpanel").get_by_role("textbox")
    expect(raw).to_have_value('{\n  "message": "a draft"\n}')
    raw.fill('{"message": "another draft"}')
    page.get_by_role("tab", name="Form").click()
    expect(page.get_by_label("message")).to_have_value("another draft")
    page = visit("/new-task")
    expect(page.get_by_label("message")).to_have_value("another draft")


def test_what_is_wrong_stands_at_its_field(visit, axe, shot) -> None:
    page = visit("/new-task")
    page.get_by_label("message").fill("")
    page.get_by_role("button", name="Make the task").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    axe(page)
    shot(page, "new-task-wrong")
