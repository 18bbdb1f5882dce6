# SPDX-License-Identifier: Apache-2.0

import re

from playwright.sync_api import Page, expect


def rows(page: Page):
    return page.get_by_role("list", name="Notifications").locator(".news-row:not(.news-divider)")


def test_what_failed_is_told_and_leads_there(visit, api, axe, fits, shot) -> None:
    task = api.task("broken", fail={"kind": "permanent"})
    page = visit("/notifications")
    first = rows(page).filter(has_text="Task failed of echo").first
    expect(first).to_contain_text("asked_to_fail")
    expect(page.get_by_role("navigation", name="Views").get_by_role("link", name="Notifications")).to_contain_text(
        re.compile(r"\d")
    )
    axe(page)
    fits(page)
    shot(page, "notifications")
    first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(task["run_id"]))


def test_one_click_reads_to_here_and_the_line_follows(visit, api, axe, shot) -> None:
    for number in range(3):
        api.task(f"broken {number}", fail={"kind": "permanent"})
    page = visit("/notifications")
    expect(rows(page).first).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("You have seen everything below")).to_be_visible()
    expect(page.get_by_text("Nothing new")).to_be_visible()
    api.task("broken again", fail={"kind": "permanent"})
    expect(page.get_by_text("Since you last looked")).to_be_visible()
    expect(page.get_by_text("1 unread")).to_be_visible()
    axe(page)
    shot(page, "notifications-divider")
    rows(page).nth(0).get_by_role("button", name="Read to here").click()
    expect(page.get_by_text("Nothing new")).to_be_visible()
    rows(page).nth(1).get_by_role("button", name="Unread from here").click()
    expect(page.get_by_text("2 unread")).to_be_visible()
    # The place is kept by the server: another browser knows it, too.
    page = visit("/notifications")
    expect(page.get_by_text("2 unread")).to_be_visible()


def test_the_number_in_the_navigation_rises_by_itself(visit, api) -> None:
    page = visit("/notifications")
    page.get_by_role("button", name="Mark all as read").or_(page.get_by_text("Nothing new")).first.wait_for()
    if page.get_by_text("Nothing new").count() == 0:
        page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("Nothing new")).to_be_visible()
    page.get_by_role("link", name="Rooms").click()
    expect(page.locator(".unread")).to_have_count(0)
    api.task("broken", fail={"kind": "permanent"})
    expect(page.locator(".unread")).to_contain_text("1")
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Notifications")).to_be_focused()


def test_kinds_stand_in_the_address(visit, api) -> None:
    api.task("broken", fail={"kind": "permanent"})
    page = visit("/notifications?kind=schedule_missed")
    expect(page.get_by_text("Nothing of this kind")).to_be_visible()
    page.get_by_role("button", name="Missed schedules").click()
    page.get_by_role("button", name="Failures").click()
    expect(rows(page).first).to_contain_text("Task failed")
    assert page.url.endswith("kind=task_failed")


def test_a_list_that_fails_says_why(visit, faults, try_again, watch, axe) -> None:
    watch.foresee("status of 500")
    faults.answer(500, "^/v1/notifications", detail="No news today.")
    page = visit("/notifications")
    expect(page.get_by_role("alert")).to_contain_text("No news today.")
    try_again(page)
    expect(page.get_by_role("alert")).to_have_count(0)
