# SPDX-License-Identifier: Apache-2.0

import pytest
from playwright.sync_api import Page, expect


def rows(page: Page):
    return page.get_by_role("grid", name="Schedules").locator(".row:not(.head)")


@pytest.fixture
def schedule(api):
    """Makes schedules, which end with the test."""
    made: list[str] = []

    def make(name: str, **about):
        task = {"agent": "echo", "input": {"message": name}}
        one = api.post("/v1/schedules", {"name": name, "cron": "0 9 * * mon-fri", "task": task, **about})
        made.append(one["schedule_id"])
        return one

    yield make
    for one in made:
        api.delete(f"/v1/schedules/{one}")


def test_schedules_are_listed_paused_resumed_and_run(visit, api, schedule, axe, fits, shot) -> None:
    one = schedule("Mornings", timezone="America/New_York")
    paused = schedule("At night", cron="@daily")
    api.post(f"/v1/schedules/{paused['schedule_id']}/pause")
    page = visit("/schedules")
    row = rows(page).filter(has_text="Mornings")
    expect(row).to_contain_text("America/New_York")
    expect(row.locator(".col-next")).to_contain_text("+01:00")
    expect(rows(page).filter(has_text="At night")).to_contain_text("Paused")
    axe(page)
    fits(page)
    shot(page, "schedules")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
    assert api.get(f"/v1/schedules/{one['schedule_id']}")["status"] == "paused"
    row.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("Active")
    row.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status").filter(has_text="A task was made of Mornings.")).to_be_visible()
    task = api.get(f"/v1/schedules/{one['schedule_id']}")["last_task_id"]
    assert task is not None
    page.set_viewport_size({"width": 1440, "height": 800})
    expect(row.get_by_role("link", name=task)).to_be_visible()


def test_a_schedule_is_made_with_its_next_fires_shown_here_and_in_utc(visit, api, axe, fits, shot) -> None:
    page = visit("/schedules")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="New schedule")).to_be_focused()
    page.get_by_label("Name").fill("Each hour")
    page.get_by_label("Expression").fill("30 * * * *")
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_label("message").fill("by the hour")
    fires = page.get_by_role("region", name="Next fires").get_by_role("row")
    expect(fires).to_have_count(6)
    expect(fires.nth(1)).to_contain_text(":30:00 UTC")
    expect(fires.nth(1)).to_contain_text(":30:00 +01:00")
    axe(page)
    fits(page)
    shot(page, "new-schedule")
    page.get_by_role("button", name="Make the schedule").click()
    expect(page.get_by_role("heading", name="Each hour")).to_be_focused()
    made = api.get(f"/v1/schedules/{page.url.rsplit('/', 1)[1]}")
    assert (made["cron"], made["timezone"]) == ("30 * * * *", "UTC")
    assert made["task"]["input"] == {"message": "by the hour"}
    expect(page.get_by_role("region", name="Next fires").get_by_role("row")).to_have_count(11)
    axe(page)
    fits(page)
    shot(page, "schedule")
    page.get_by_role("button", name="Delete…").click()
    axe(page)
    shot(page, "schedule-delete")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="Schedules")).to_be_focused()
    assert made["schedule_id"] not in [one["schedule_id"] for one in api.get("/v1/schedules")["items"]]


def test_what_is_wrong_stands_at_its_field(visit, watch, axe, shot) -> None:
    watch.foresee("status of 400")
    page = visit("/schedules/new")
    page.get_by_label("Expression").fill("61 * * * *")
    expect(page.get_by_label("Expression")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Make the schedule").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_text("A schedule needs a name.")).to_be_visible()
    page.get_by_label("Name").fill("Never")
    page.get_by_label("message").fill("x")
    page.get_by_role("button", name="Make the schedule").click()
    expect(page.get_by_role("alert").filter(has_text="It was not saved.")).to_be_visible()
    expect(page.get_by_label("Expression")).to_be_focused()
    axe(page)
    shot(page, "new-schedule-wrong")


def test_a_schedule_is_edited_and_a_change_in_between_is_not_overwritten(visit, api, schedule, watch, axe, shot) -> None:
    watch.foresee("status of 412")
    retry = {"max_attempts": 9, "initial_seconds": 2}
    task = {"agent": "echo", "input": {"message": "x"}, "labels": ["gpu"], "retry": retry}
    one = schedule("To be edited", task=task)["schedule_id"]
    page = visit(f"/schedules/{one}")
    expect(page.get_by_role("heading", name="To be edited")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_label("Name")).to_have_value("To be edited")
    assert "show=form" in page.url
    page.get_by_label("Expression").fill("@hourly")
    axe(page)
    shot(page, "schedule-edit")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("@hourly · UTC")).to_be_visible()
    now = api.get(f"/v1/schedules/{one}")
    assert (now["cron"], now["task"]["labels"], now["task"]["retry"]["max_attempts"]) == ("@hourly", ["gpu"], 9)

    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Mine")
    api.patch(f"/v1/schedules/{one}", {"name": "Theirs", "if_version": now["version"]})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed the schedule meanwhile.")
    assert api.get(f"/v1/schedules/{one}")["name"] == "Theirs"


def test_an_empty_list_offers_the_first_and_a_failed_one_says_so(visit, faults, try_again, watch, axe, fits, shot) -> None:
    watch.foresee("status of 503")
    faults.answer(503, "^/v1/schedules", detail="Not now.")
    page = visit("/schedules")
    expect(page.get_by_role("alert")).to_contain_text("Not now.")
    page.route("**/v1/schedules?*", lambda route: route.fulfill(json={"items": [], "next_cursor": None}))
    try_again(page)
    expect(page.get_by_text("No schedule yet")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "schedules-empty")
