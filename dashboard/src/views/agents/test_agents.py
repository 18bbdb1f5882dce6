# SPDX-License-Identifier: Apache-2.0

import secrets

import pytest
from playwright.sync_api import Page, expect


def row(page: Page, table: str, name: str):
    return page.get_by_role("region", name=table).get_by_role("row").filter(
        has=page.get_by_role("rowheader", name=name)
    )


@pytest.fixture
def agent(api):
    """An agent of this test alone, whose queue is there: its work is fetched by workers."""
    name = "t-" + secrets.token_hex(4)
    api.put(f"/agents/{name}", {
        "kind": "worker", "description": "Works for a test.", "concurrency": 3,
        "input_schema": {"type": "object", "properties": {"message": {"type": "string"}}},
    })  # fmt: skip
    task = api.post("/task", {"agent": name, "input": {"message": "waits"}})["id"]
    yield name
    api.patch(f"/task/{task}", {"status": "cancelled", "ifVersion": api.get(f"/task/{task}")["version"]})


def test_an_agent_is_paused_with_a_reason_and_resumed(visit, api, agent, axe, fits, shot) -> None:
    page = visit("/agents")
    one = row(page, "Agents", agent)
    expect(one).to_contain_text("Well")
    expect(one.get_by_role("cell").nth(2)).to_have_text("1")
    axe(page)
    fits(page)
    shot(page, "agents")
    one.get_by_role("button", name="Pause…").click()
    dialog = page.get_by_role("dialog", name=f"Pause {agent}?")
    dialog.get_by_label("Why").fill("The printer is out of paper.")
    axe(page)
    shot(page, "agents-pause")
    page.keyboard.press("Enter")
    expect(one).to_contain_text("Paused")
    queue = next(queue for queue in api.get("/v1/queues")["items"] if queue["agent"] == agent)
    assert queue["reason"] == "The printer is out of paper."
    page.get_by_role("button", name=agent).click()
    assert f"agent={agent}" in page.url
    expect(page.get_by_text("by user:admin: The printer is out of paper.")).to_be_visible()
    expect(page.get_by_text("Works for a test.")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "agents-open")
    one.get_by_role("button", name="Resume…").click()
    expect(page.get_by_role("dialog")).to_contain_text("What has waited is handed out again: 1 run.")
    page.get_by_role("button", name="Resume it").click()
    expect(one).to_contain_text("Well")


def test_an_agent_that_is_heard_and_one_that_is_not(visit, api, suite) -> None:
    name = "t-" + secrets.token_hex(4)
    api.put(f"/agents/{name}", {
        "kind": "http", "endpoint": "http://127.0.0.1:9/x", "description": "", "input_schema": {},
        "heartbeat_seconds": 1, "concurrency": 1,
    })  # fmt: skip
    page = visit("/agents")
    expect(row(page, "Agents", "echo")).to_contain_text("Well")
    # Nobody beats for it: the view finds that out by itself.
    expect(row(page, "Agents", name)).to_contain_text("Silent")
    page.keyboard.press(".")
    expect(page.locator(".page-head .connection")).to_have_text("Paused")


def test_a_worker_session_shows_what_it_holds(visit, api, agent, axe, fits, shot) -> None:
    session = api.post("/v1/workers", {"name": "test-worker", "agents": [agent], "capacity": 4})
    identifier = session["worker_session_id"]
    page = visit("/agents")
    one = row(page, "Workers", "test-worker")
    expect(one).to_contain_text("0 of 4")
    claimed = api.post("/v1/runs/claim", {"worker_session_id": identifier, "agents": [agent], "limit": 1})["runs"]
    expect(one).to_contain_text("1 of 4")
    page.get_by_role("button", name="test-worker").click()
    expect(page.get_by_role("link", name=claimed[0]["run_id"])).to_be_visible()
    assert f"worker={identifier}" in page.url
    axe(page)
    fits(page)
    shot(page, "agents-worker")
    api.delete(f"/v1/workers/{identifier}")
    expect(one).to_have_count(0)


def test_a_limit_is_set_changed_and_lifted(visit, api, axe, shot) -> None:
    name = "t-" + secrets.token_hex(4)
    page = visit("/agents")
    page.get_by_role("button", name="Set a limit…").click()
    page.get_by_label("Name").fill("Not a name")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("Say at least one of the two.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    axe(page)
    shot(page, "agents-limit")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Runs at the same time").fill("3")
    page.get_by_role("button", name="Set it").click()
    expect(row(page, "Limits", name)).to_contain_text("3 at the same time")
    row(page, "Limits", name).get_by_role("button", name="Change…").click()
    page.get_by_label("Starts").fill("10")
    page.get_by_label("In how many seconds").fill("60")
    page.get_by_role("button", name="Set it").click()
    expect(row(page, "Limits", name)).to_contain_text("3 at the same time, 10 in 60 s")
    row(page, "Limits", name).get_by_role("button", name="Lift…").click()
    page.get_by_role("button", name="Lift it").click()
    expect(row(page, "Limits", name)).to_have_count(0)


def test_a_part_that_fails_leaves_the_others(visit, faults, try_again, watch, axe, shot) -> None:
    watch.foresee("status of 500")
    faults.answer(500, "^/v1/workers", detail="Out of paper.")
    page = visit("/agents")
    expect(page.get_by_role("alert")).to_contain_text("Cannot load the workers")
    expect(row(page, "Agents", "echo")).to_be_visible()
    axe(page)
    shot(page, "agents-failed")
    try_again(page)
    expect(page.get_by_role("alert")).to_have_count(0)
