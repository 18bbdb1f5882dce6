# SPDX-License-Identifier: Apache-2.0

from contextlib import suppress

from playwright.sync_api import Page, TimeoutError, expect


def test_wrong_right_and_out(signed_out_page: Page, suite, watch, axe, fits, shot) -> None:
    page = signed_out_page
    watch.foresee("status of 401")
    axe(page)
    fits(page)
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill("certainly wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("user name or the password is wrong")
    axe(page)
    shot(page, "sign-in")

    page.get_by_label("Password").fill(suite.password)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="Tasks")).to_be_focused()

    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Tutti")).to_be_visible()


def test_the_address_that_was_asked_for_is_shown_after_signing_in(visit) -> None:
    page = visit("/tasks?status=failed")
    expect(page.get_by_role("button", name="Failed", exact=True)).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("/app/tasks?status=failed")


def test_a_session_outlives_the_page_and_ends_in_every_tab(visit, context) -> None:
    page = visit("/tasks")
    page.reload()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    other = context.new_page()
    other.goto("tasks")
    expect(other.get_by_role("heading", name="Tasks")).to_be_visible()
    other.get_by_role("button", name="Settings").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in to Tutti")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Tutti")).to_be_visible()
    cookies = [cookie for cookie in context.cookies() if cookie["name"] == "tutti_session"]
    assert cookies == []


def test_a_session_that_the_server_has_ended_leads_to_the_form_and_back(visit, context, suite, watch) -> None:
    watch.foresee("status of 401")
    page = visit("/tasks?status=failed")
    context.clear_cookies()
    # The page may find out by itself before somebody asks for something.
    with suppress(TimeoutError):
        page.get_by_role("button", name="Completed", exact=True).click(timeout=3000)
    expect(page.get_by_text("Your session is over")).to_be_visible()
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(suite.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Failed", exact=True)).to_have_attribute("aria-pressed", "true")
    assert "/tasks?status=" in page.url and page.url.endswith("status=failed")


def test_scripts_do_not_see_the_cookie(page) -> None:
    assert "tutti_session" not in page.evaluate("document.cookie")


def test_a_viewer_sees_everything_and_is_offered_no_change(visit, api, axe, fits, shot) -> None:
    running = api.task("looked at by many", until=("running",), delayMilliseconds=60_000, correlationId="viewer")
    page = visit("/tasks?correlationId=viewer", "viewer")
    expect(page.get_by_role("link", name=running["id"])).to_be_visible()
    expect(page.get_by_role("link", name="New task")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("group", name="All tasks that fit")).to_have_count(0)
    axe(page)
    shot(page, "viewer-tasks")
    page = visit(f"/tasks/{running['id']}")
    expect(page.locator(".page-head .status")).to_have_text("Running")
    expect(page.get_by_role("button", name="Cancel…")).to_have_count(0)
    page = visit("/agents")
    expect(page.get_by_role("rowheader", name="echo")).to_be_visible()
    expect(page.get_by_role("region", name="Agents").get_by_role("button", name="Pause…")).to_have_count(0)
    expect(page.get_by_role("button", name="Set a limit…")).to_have_count(0)
    page = visit("/new-task")
    expect(page.get_by_role("heading", name="This is not for you to do")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "viewer-new-task")
    api.patch(f"/task/{running['id']}", {"status": "cancelled", "ifVersion": api.get(f"/task/{running['id']}")["version"]})


def test_an_operator_works_and_does_not_administer(visit) -> None:
    page = visit("/tasks", "operator")
    expect(page.get_by_role("link", name="New task").first).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.get_by_role("dialog").get_by_role("button", name="ws_dev")).to_be_visible()
    expect(page.get_by_text("Another one")).to_have_count(0)
