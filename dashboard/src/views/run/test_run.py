# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import expect


def test_a_run_is_looked_at(visit, api, axe, fits, shot) -> None:
    task = api.task("looked at")
    page = visit(f"/runs/{task['run_id']}")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    axe(page)
    fits(page)
    shot(page, "run")
