# SPDX-License-Identifier: Apache-2.0

import re

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


def test_tasks_are_found_by_their_label(visit, api) -> None:
    later = {"agent": "echo", "input": {"message": "later"}, "run_at": "2099-01-01T00:00:00Z"}
    run = api.post("/v1/runs", {**later, "labels": ["tasks-label"]})
    api.post("/v1/runs", later)
    page = visit("/tasks")
    page.get_by_text("More filters").click()
    page.get_by_label("Label", exact=True).fill("tasks-label")
    page.get_by_label("Label", exact=True).press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("link", name=run["task_id"])).to_be_visible()
    assert "label=tasks-label" in page.url
    page.get_by_role("button", name="Remove the filter Label").click()
    expect(rows(page).nth(1)).to_be_visible()


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


def test_tasks_are_chosen_by_keys_and_cancelled_together(visit, api, axe, shot, fits) -> None:
    later = {"agent": "echo", "input": {"message": "later"}, "runAt": "2099-01-01T00:00:00Z"}
    made = [api.post("/task", {**later, "correlationId": "tasks-choose"})["id"] for _ in range(4)]
    api.task("ended already", correlationId="tasks-choose")
    page = visit("/tasks?correlationId=tasks-choose")
    expect(rows(page)).to_have_count(5)
    rows(page).first.focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    chosen = page.get_by_role("group", name="The chosen tasks")
    expect(chosen).to_contain_text("3 chosen")
    expect(page.get_by_role("row", selected=True)).to_have_count(3)
    axe(page)
    fits(page)
    shot(page, "tasks-chosen")
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)

    for box in page.get_by_role("checkbox").all():
        box.check()
    chosen.get_by_role("button", name="Cancel…").click()
    dialog = page.get_by_role("dialog", name="Cancel 4 tasks?")
    expect(dialog).to_contain_text("One of those you chose cannot be cancelled")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(chosen).to_contain_text("5 chosen")
    chosen.get_by_role("button", name="Cancel…").click()
    dialog.get_by_role("button", name="Cancel 4 tasks").click()
    expect(page.get_by_role("status").filter(has_text="4 tasks cancelled.")).to_be_visible()
    assert {api.get(f"/task/{one}")["status"] for one in made} == {"cancelled"}
    expect(chosen).to_have_count(0)


def test_all_that_fit_a_filter_are_counted_confirmed_and_cancelled(visit, api, axe, shot) -> None:
    later = {"agent": "echo", "input": {"message": "later"}, "runAt": "2099-01-01T00:00:00Z"}
    made = [api.post("/task", {**later, "correlationId": "tasks-filter"})["id"] for _ in range(7)]
    other = api.post("/task", later)["id"]
    page = visit("/tasks?correlationId=tasks-filter")
    expect(rows(page)).to_have_count(7)
    page.get_by_role("group", name="All tasks that fit").get_by_role("button", name="Cancel…").click()
    dialog = page.get_by_role("dialog", name="Cancel 7 tasks?")
    expect(dialog.get_by_role("button", name="Leave them")).to_be_focused()
    axe(page)
    shot(page, "tasks-bulk")
    assert api.get(f"/task/{made[0]}")["status"] == "scheduled"
    dialog.get_by_role("button", name="Cancel 7 tasks").click()
    expect(page.get_by_role("status").filter(has_text="7 tasks cancelled.")).to_be_visible()
    assert {api.get(f"/task/{one}")["status"] for one in made} == {"cancelled"}
    assert api.get(f"/task/{other}")["status"] == "scheduled"
    api.patch(f"/task/{other}", {"status": "cancelled", "ifVersion": 1})


def test_what_failed_is_retried_by_filter_and_a_deed_that_cannot_be_says_why(visit, api) -> None:
    fail = {"kind": "permanent"}
    made = [api.task("broken", correlationId="tasks-retry", fail=fail)["id"] for _ in range(2)]
    page = visit("/tasks?correlationId=tasks-retry&status=failed")
    expect(rows(page)).to_have_count(2)
    everything = page.get_by_role("group", name="All tasks that fit")
    expect(everything.get_by_role("button", name="Cancel…")).to_be_disabled()
    expect(everything.get_by_role("button", name="Cancel…")).to_have_attribute("title", re.compile("No task"))
    everything.get_by_role("button", name="Retry…").click()
    page.get_by_role("dialog", name="Retry 2 tasks?").get_by_role("button", name="Retry 2 tasks").click()
    expect(page.get_by_role("status").filter(has_text="2 tasks queued again.")).to_be_visible()
    for one in made:
        task = api.settled(one)
        assert len(api.get(f"/task/{one}", include="runs")["runs"]) == 2, task


def test_a_count_that_fails_is_said_and_tried_again(visit, api, faults, watch) -> None:
    watch.foresee("status of 500")
    api.post("/task", {
        "agent": "echo", "input": {"message": "x"}, "runAt": "2099-01-01T00:00:00Z", "correlationId": "tasks-count",
    })  # fmt: skip
    page = visit("/tasks?correlationId=tasks-count")
    expect(rows(page)).to_have_count(1)
    faults.answer(500, "^/v1/runs/cancel", times=1, detail="Out of paper.")
    page.get_by_role("group", name="All tasks that fit").get_by_role("button", name="Cancel…").click()
    expect(page.get_by_role("alert")).to_contain_text("They could not be counted: Out of paper.")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Cancel 1 task").click()
    expect(page.get_by_role("status").filter(has_text="1 task cancelled.")).to_be_visible()


def test_a_view_is_saved_opened_and_taken_away(visit, api, axe, shot) -> None:
    page = visit("/tasks?status=failed&agent=echo")
    page.get_by_role("button", name="Save this view…").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_text("A view needs a name.")
    page.get_by_label("Name").fill("Broken echoes")
    axe(page)
    page.keyboard.press("Enter")
    views = page.get_by_role("navigation", name="Saved views")
    expect(views.get_by_role("link", name="Broken echoes")).to_have_attribute("aria-current", "page")
    axe(page)
    shot(page, "tasks-saved")

    page = visit("/tasks")
    views.get_by_role("link", name="Broken echoes").click()
    expect(page.get_by_role("group", name="Filters that hold")).to_contain_text("Failed")
    assert page.url.endswith("/tasks?status=failed&agent=echo")
    views.get_by_role("button", name="Remove the view Broken echoes").click()
    expect(views.get_by_role("link")).to_have_count(0)


def test_an_empty_workspace_helps_to_make_the_first_task(visit, api, axe, shot) -> None:
    workspace = api.post("/v1/workspaces", {"name": "Empty"})["workspace_id"]
    page = visit("/")
    page.evaluate("(name) => localStorage.setItem('tutti.preferences', JSON.stringify({ workspace: name }))", workspace)
    page = visit("/tasks")
    expect(page.get_by_role("heading", name="Nothing was asked for yet")).to_be_visible()
    expect(page.get_by_text("No agent has reported itself")).to_be_visible()
    axe(page)
    shot(page, "tasks-first-agentless")


def test_the_first_task_is_made_from_the_empty_list(visit, axe, fits, shot) -> None:
    page = visit("/new-task")
    # The workspace of the tests is not empty, so that its first answer has to be.
    page.route("**/tasks?*", lambda route: route.fulfill(json={"items": [], "next_cursor": None}))
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing was asked for yet")).to_be_visible()
    expect(page.get_by_label("Command", exact=True)).to_contain_text('"message":"Hello, Tutti"')
    axe(page)
    fits(page)
    shot(page, "tasks-first")
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_role("status").filter(has_text="Command copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl ")
    page.get_by_role("button", name="Make the first task").click()
    expect(page.locator(".page-head .status")).to_have_text("Completed")


def test_what_has_ended_is_replayed_by_filter(visit, api) -> None:
    made = [api.task("once", correlationId="tasks-replay")["id"] for _ in range(3)]
    page = visit("/tasks?correlationId=tasks-replay")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("group", name="All tasks that fit").get_by_role("button", name="Replay…").click()
    dialog = page.get_by_role("dialog", name="Replay 3 tasks?")
    dialog.get_by_role("button", name="Replay 3 tasks").click()
    expect(page.get_by_role("status").filter(has_text="3 tasks replayed.")).to_be_visible()
    for one in made:
        assert len(api.get(f"/task/{one}", include="runs")["runs"]) == 2
