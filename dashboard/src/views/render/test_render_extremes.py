# SPDX-License-Identifier: Apache-2.0
"""What is rare at Render, told by daemons whose answers are changed on their way."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

LONG = "a-service-of-" + "very-" * 12 + "long-name"
NEXT = "apply_01K9ZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture
def told(visit) -> Callable[..., Page]:
    """Opens an address whose answers from `path` on are changed before the page has them."""

    def told(address: str, path: str, change: Callable[[Any], Any]) -> Page:
        page = visit("/")

        def answer(route: Route) -> None:
            found = route.fetch()
            route.fulfill(response=found, json=change(found.json()))

        page.route(f"**/v1/render/{path}*", answer)
        return visit(address)

    return told


def test_without_a_key_of_render_no_pane_asks_to_try_again(visit, watch, axe, fits, shot) -> None:
    watch.foresee("status of 503")
    page = visit("/")
    problem = {
        "type": "about:blank", "title": "Unavailable", "status": 503, "code": "render_not_configured",
        "detail": "There is no key of Render's API. Set RENDER_API_TOKEN and start the daemon again.",
    }  # fmt: skip
    page.route("**/v1/render/**", lambda route: route.fulfill(
        status=503, content_type="application/problem+json", body=json.dumps(problem)
    ))  # fmt: skip
    page = visit("/render")
    for pane in ("Services", "Drift", "Applies", "Monitor"):
        page.get_by_role("tab", name=pane).click()
        expect(page.get_by_text("Render is not connected").first).to_be_visible()
        expect(page.get_by_role("tabpanel")).to_contain_text("RENDER_API_TOKEN")
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    axe(page)
    fits(page)
    shot(page, "render-unconnected")


@pytest.mark.parametrize("status", [429, 500, 502])
def test_render_that_refuses_is_told_and_asked_again(visit, faults, try_again, watch, status) -> None:
    watch.foresee(f"status of {status}")
    faults.answer(status, "^/v1/render/", detail="Render takes no more calls at the moment.")
    page = visit("/render?show=monitor")
    expect(page.get_by_role("alert")).to_contain_text("Render takes no more calls")
    try_again(page)
    expect(page.get_by_role("region", name="What is watched")).to_be_visible()


def test_a_hundred_services_with_long_names(told, axe, fits, shot) -> None:
    def many(body: Any) -> Any:
        body["services"] = [
            {**copy.deepcopy(body["services"][number % len(body["services"])]), "id": f"srv-{number}", "name": f"{LONG}-{number}"}
            for number in range(100)
        ]
        return {**body, "total": 260}

    page = told("/render", "services", many)
    expect(page.get_by_role("region", name="Services").get_by_role("row")).to_have_count(101)
    expect(page.get_by_text("260 services, of which the first 100 are shown")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "render-hundred")


def test_a_fix_that_was_taken_back_says_what_became_of_it(told, axe, fits, shot) -> None:
    def taken_back(body: Any) -> Any:
        diagnosis = body["diagnoses"][0]
        body["diagnoses"] = [{
            **diagnosis, "id": "diag_1", "decision": "fix", "outcome": "reverted", "reason": None, "deploy_id": "dep-old",
            "symptoms": ["x"] * 3, "patch": "--- service/" + LONG + "\n+++ service/" + LONG + "\n@@ rootDir @@\n-\"docs\"\n+\"\"\n",
            "evidence": [{"source": "line", "at": None, "text": "\u202e" + "w" * 300}, *diagnosis["evidence"]],
        }]  # fmt: skip
        for service in body["services"]:
            service["action"] = "reverted"
            service["note"] = "its deploy failed in the same way: the settings of before are back; no further deploy"
            if service["id"] == diagnosis["service_id"]:
                service["attempts"] = [{
                    "id": "fix_1", "diagnosis_id": "diag_1", "signature": "root_dir_missing", "state": "reverted",
                    "changes": diagnosis["changes"], "clears_cache": True, "deploy_id": "dep-fix",
                    "outcome": "its deploy failed in the same way: the settings of before are back; no further deploy",
                    "started_at": body["last_tick"]["at"],
                }]  # fmt: skip
        return body

    page = told("/render?show=monitor&diagnosis=diag_1", "monitor", taken_back)
    head = page.locator(".diagnosis-head")
    expect(head).to_contain_text("Fix taken back")
    expect(head).to_contain_text("of an earlier deploy")
    expect(page.locator(".diagnosis")).to_contain_text("the settings of before are back")
    expect(page.locator(".diagnosis")).to_contain_text("with a cleared cache")
    expect(page.get_by_role("region", name="What is watched")).to_contain_text("a fix was taken back")
    axe(page)
    fits(page)
    shot(page, "render-reverted")


def test_a_plan_of_two_hundred_actions(told, api, axe, fits, shot) -> None:
    blueprint = "services:\n  - type: web\n    name: many\n    runtime: node\n    repo: https://github.com/acme/api\n"
    blueprint += "    buildCommand: npm ci\n    startCommand: npm start\n"

    def many(body: Any) -> Any:
        action = body["actions"][0]
        body["actions"] = [
            {**copy.deepcopy(action), "address": f"service/{LONG}-{number}", "verb": ("update", "create", "prune")[number % 3]}
            for number in range(200)
        ]
        return {**body, "counts": {**body["counts"], "create": 67, "update": 67, "prune": 66}}

    page = told("/render?show=blueprint", "plans/plan_", many)
    page.get_by_role("textbox", name="Blueprint", exact=True).fill(blueprint)
    page.get_by_label("Name", exact=True).fill("many")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("heading", name="Plan of many")).to_be_focused()
    deeds = page.get_by_role("list", name="What the plan changes").locator(":scope > li")
    expect(deeds).to_have_count(200)
    expect(page.locator(".deed-head[aria-expanded=true]")).to_have_count(0)
    page.get_by_role("button", name="Open all").click()
    expect(page.locator(".deed-head[aria-expanded=true]")).to_have_count(200)
    page.get_by_role("button", name="Close all").click()
    deeds.first.get_by_role("button").press("Enter")
    expect(page.locator(".deed-head[aria-expanded=true]")).to_have_count(1)
    axe(page)
    fits(page)
    shot(page, "render-many")

    # What is written is there after a look at another pane, and a plan of something else says so.
    page.get_by_role("tab", name="Drift").click()
    page.get_by_role("tab", name="Blueprint").click()
    area = page.get_by_role("textbox", name="Blueprint", exact=True)
    expect(area).to_have_value(blueprint)
    expect(page.get_by_text("has been changed since")).to_have_count(0)
    area.fill(blueprint + "# more\n")
    expect(page.get_by_text("has been changed since")).to_be_visible()


def test_an_apply_that_failed_in_part_and_one_that_was_taken_up(told, visit, api, axe, fits, shot) -> None:
    page = visit("/render?show=applies")
    listed = {
        "apply_id": "apply_01K9AAAAAAAAAAAAAAAAAAAAAA", "plan_id": "plan_0123456789", "owner_id": "tea-1", "name": LONG[:60],
        "started_by": "user:admin", "started_at": "2026-11-22T06:00:00Z", "ended_at": "2026-11-22T06:01:00Z", "status": "failed",
        "message": "1 of 3 steps failed.", "succeeded_by": None, "counts": {"begun": 0, "done": 1, "failed": 1, "skipped": 1},
    }  # fmt: skip

    def step(key: str, state: str, **more: Any) -> Any:
        times = {"begun_at": "2026-11-22T06:00:00Z", "ended_at": "2026-11-22T06:00:10Z"}
        return {"key": key, "state": state, "message": None, "because": None, **times, **more}

    whole = {**listed, "steps": [
        step(f"service/{LONG}/create", "done"),
        step("service/api/update", "failed", message="Render refused it: 400: the plan is not one of this region"),
        step("service/worker/create", "skipped", because="service/api"),
    ]}  # fmt: skip
    taken = {**whole, "apply_id": NEXT, "status": "succeeded", "message": None, "counts": {**listed["counts"], "failed": 0}}
    page.route("**/v1/render/applies?*", lambda route: route.fulfill(json={"items": [listed], "next_cursor": None}))
    page.route(f"**/v1/render/applies/{listed['apply_id']}", lambda route: route.fulfill(json=whole))
    page.route(f"**/v1/render/applies/{NEXT}", lambda route: route.fulfill(json=taken))
    page = visit(f"/render?show=applies&apply={listed['apply_id']}")
    steps = page.get_by_role("list", name="Steps")
    expect(steps).to_contain_text("the plan is not one of this region")
    expect(steps).to_contain_text("because of service/api")
    axe(page)
    fits(page)
    shot(page, "render-partly")
    whole |= {"status": "abandoned", "message": "The daemon ended while it ran.", "succeeded_by": NEXT}
    page.reload()
    page.get_by_role("button", name="Show what was left").click()
    expect(page.locator(".page-head").filter(has_text="Apply of")).to_contain_text("Succeeded")
    assert f"apply={NEXT}" in page.url
