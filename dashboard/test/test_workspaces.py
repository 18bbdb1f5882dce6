# SPDX-License-Identifier: Apache-2.0

from api import Api
from playwright.sync_api import expect


def test_another_workspace_is_made_and_shows_nothing_of_the_first(visit, api, axe, fits, shot) -> None:
    task = api.task("in the first")
    page = visit(f"/tasks/{task['id']}")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog", name="Workspaces")
    expect(dialog.get_by_role("button", name="ws_dev")).to_have_attribute("aria-current", "true")
    axe(page)
    fits(page)
    shot(page, "workspaces")
    dialog.get_by_text("Another one").click()
    dialog.get_by_label("Name").fill("Second")
    dialog.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_role("heading", name="Nothing was asked for yet")).to_be_visible()
    switch = page.get_by_role("button", name="Workspace ws_")
    assert switch.text_content() != "ws_dev"
    # It is this browser's choice, and is kept.
    page = visit("/tasks")
    expect(page.get_by_role("heading", name="Nothing was asked for yet")).to_be_visible()
    switch.click()
    dialog.get_by_role("button", name="ws_dev").click()
    expect(switch).to_have_text("ws_dev")
    expect(page.get_by_role("link", name=task["id"])).to_be_visible()


def test_workspaces_that_cannot_be_read_keep_nobody_from_the_rest(visit, faults, try_again, watch) -> None:
    watch.foresee("status of 503")
    page = visit("/tasks")
    faults.answer(503, "^/v1/workspaces", detail="Not now.")
    page.get_by_role("button", name="Workspace ws_dev").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Not now.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    page.get_by_role("button", name="Workspace ws_dev").click()
    try_again(page)
    expect(page.get_by_role("dialog").get_by_role("button", name="ws_dev")).to_be_visible()


def test_another_workspace_is_live_too(visit, suite) -> None:
    page = visit("/tasks")
    page.get_by_role("button", name="Workspace ws_dev").click()
    dialog = page.get_by_role("dialog", name="Workspaces")
    dialog.get_by_text("Another one").click()
    dialog.get_by_label("Name").fill("Third")
    dialog.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_role("heading", name="Nothing was asked for yet")).to_be_visible()
    expect(page.locator(".page-head .connection")).to_have_text("Live")
    workspace = page.get_by_role("button", name="Workspace ws_").text_content()
    with Api(suite.orchestrator.url, "admin", suite.password, workspace) as there:
        there.put("/agents/later", {"kind": "worker", "description": "", "input_schema": {}, "concurrency": 1})
        task = there.post("/task", {"agent": "later", "input": {}})
    expect(page.get_by_role("link", name=task["id"])).to_be_visible()
