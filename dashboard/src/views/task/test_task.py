# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import expect


def cancel(api, task: str) -> None:
    api.patch(f"/task/{task}", {"status": "cancelled", "ifVersion": api.get(f"/task/{task}")["version"]})


def test_a_task_is_watched_cancelled_and_tried_again(visit, api, axe, fits, shot) -> None:
    task = api.task("to be cancelled", until=("running",), delayMilliseconds=60_000)
    page = visit(f"/tasks/{task['id']}")
    status = page.locator(".page-head .status")
    expect(status).to_have_text("Running")
    axe(page)
    page.keyboard.press("Shift+C")
    shot(page, "task-cancel")
    page.get_by_role("button", name="Cancel the task").click()
    expect(status).to_have_text("Cancelled")
    axe(page)
    fits(page)
    shot(page, "task")
    page.get_by_role("button", name="Try again").click()
    expect(status).to_have_text("Running")
    expect(page.get_by_role("region", name="Runs").get_by_role("row")).to_have_count(3)
    cancel(api, task["id"])
    expect(status).to_have_text("Cancelled")


def test_a_change_in_between_is_shown_and_not_overwritten(visit, api, watch, shot) -> None:
    watch.foresee("status of 412")
    task = api.post("/task", {"agent": "echo", "input": {"message": "later"}, "runAt": "2099-01-01T00:00:00Z"})
    page = visit(f"/tasks/{task['id']}")
    page.get_by_role("button", name="Cancel…").click()
    page.route(f"**/task/{task['id']}?*", lambda route: route.abort())
    watch.foresee("ERR_FAILED")
    api.patch(f"/task/{task['id']}", {"priority": 7, "ifVersion": task["version"]})
    page.get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_role("status").filter(has_text="Somebody else has changed the task")).to_be_visible()
    assert api.get(f"/task/{task['id']}")["status"] == "scheduled"
    shot(page, "task-conflict")
    page.unroute_all()
    cancel(api, task["id"])


def test_a_task_that_is_not_there(visit, watch, axe, shot) -> None:
    watch.foresee("status of 404")
    page = visit("/tasks/task_01JAAAAAAAAAAAAAAAAAAAAAAA")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")
    axe(page)
    shot(page, "task-nowhere")
