# SPDX-License-Identifier: Apache-2.0
"""The way from an idea to what became of it, without a pointer."""

import re

from playwright.sync_api import Page, expect


def tab_to(page: Page, target) -> None:
    """As often as it takes, and no oftener than a person would bear."""
    for _ in range(60):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached by Tab")


def test_a_task_is_made_watched_inspected_replayed_and_its_logs_found(page: Page, api) -> None:
    expect(page.get_by_role("heading", name="Tasks")).to_be_focused()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="New task")).to_be_focused()
    tab_to(page, page.get_by_label("message"))
    page.keyboard.press("Control+a")
    page.keyboard.type("by keys alone")
    tab_to(page, page.get_by_role("button", name="Make the task"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    status = page.locator(".page-head .status")
    expect(status).to_have_text("Completed")
    made = page.url.rsplit("/", 1)[1]
    assert api.get(f"/task/{made}")["input"] == {"message": "by keys alone"}

    # Its run, from the table of runs, and once more.
    run = page.get_by_role("region", name="Runs").get_by_role("link", name=re.compile("^run_"))
    tab_to(page, run)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^Run"), level=1)).to_be_focused()
    expect(page.get_by_role("heading", name="Run 1", level=1)).to_be_visible()
    page.keyboard.press("Shift+R")
    tab_to(page, page.get_by_role("dialog").get_by_role("button", name="Replay", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Run 2", level=1)).to_be_focused()
    expect(page.locator(".page-head .status")).to_have_text("Completed")

    # Back at the task, what was logged for it.
    page.keyboard.press("Control+k")
    page.keyboard.type(made)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    tab_to(page, page.get_by_role("link", name="Logs of its trace"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Logs")).to_be_focused()
    expect(page.locator("#main").get_by_text("echo-agent-svc").locator("visible=true").first).to_be_visible()
    assert f"traceId={api.get(f'/task/{made}')['trace_id']}" in page.url


def test_a_task_that_runs_is_cancelled_and_tried_again(page: Page, api) -> None:
    task = api.task("to be stopped", until=("running",), delayMilliseconds=60_000, correlationId="keyboard")
    page.keyboard.press("Control+k")
    page.keyboard.type(task["id"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_focused()
    status = page.locator(".page-head .status")
    expect(status).to_have_text("Running")
    page.keyboard.press("Shift+C")
    tab_to(page, page.get_by_role("button", name="Cancel the task"))
    page.keyboard.press("Enter")
    expect(status).to_have_text("Cancelled")
    tab_to(page, page.get_by_role("button", name="Try again"))
    page.keyboard.press("Enter")
    expect(status).to_have_text("Running")
    version = api.get(f"/task/{task['id']}")["version"]
    api.patch(f"/task/{task['id']}", {"status": "cancelled", "ifVersion": version})
    expect(status).to_have_text("Cancelled")
