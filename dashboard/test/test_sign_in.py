# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import Page, expect


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
    expect(page.get_by_role("button", name="Failed")).to_have_attribute("aria-pressed", "true")
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
    page.get_by_role("link", name="New task").click()
    expect(page.get_by_text("Your session is over")).to_be_visible()
    page.get_by_label("User").fill("admin")
    page.get_by_label("Password").fill(suite.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="New task")).to_be_visible()


def test_scripts_do_not_see_the_cookie(page) -> None:
    assert "tutti_session" not in page.evaluate("document.cookie")
