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
