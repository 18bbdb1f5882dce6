# SPDX-License-Identifier: Apache-2.0
"""The run inspector, before runs that a worker carried out over the API."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pictures import png
from playwright.sync_api import Locator, Page, expect
from work import Work, Worker

LARGE = "lorem ipsum " * 10_000


@pytest.fixture
def worker(api):
    # An agent of its own, so that nobody else's runs come to it.
    worker = Worker(api, "inspected-" + uuid.uuid4().hex[:8])
    yield worker
    worker.end()


def fail(work: Work) -> None:
    """A run of twelve steps of which the last one fails because of its tool call; an earlier failure was made good."""
    for index in range(11):
        step = work.step(f"gather-{index}", f"Gather part {index}", {"part": index}, kind="research")
        for number in range(index % 3):
            call = work.call(step, "search", {"query": f"part {index}"}, key=f"s{number}")
            if index == 4 and number == 0:
                work.unanswered(call, "timeout", "No answer in 10 s.")
            else:
                work.answered(call, {"found": number})
        work.done(step, {"text": LARGE if index == 3 else "short"})
    step = work.step("publish", "Publish the report", {"to": "everybody"})
    call = work.call(step, "http.post", {"url": "https://example.org/publish"}, key="publish")
    work.artifact(step, "notes.md", "# Notes\n\nIt almost worked.", media_type="text/markdown")
    work.artifact(step, "figures.json", {"found": [1, 2, 3]}, kind="json")
    work.artifact(step, "elsewhere", "https://example.org/report", kind="uri")
    work.upload(step, "picture.png", png(48, 32), "image/png")
    work.upload(step, "bytes.bin", bytes(range(256)), "application/octet-stream")
    work.unanswered(call, "refused", "The other side refused: 403 Forbidden.")
    work.broken(step, "publish_failed", "The report could not be published.")
    work.fail("publish_failed", "The report could not be published.", retryable=True)


def succeed(work: Work) -> None:
    for index in range(11):
        step = work.step(f"gather-{index}", f"Gather part {index}", {"part": index + (index == 5)}, kind="research")
        work.done(step, {"text": LARGE if index == 3 else "short"})
    step = work.step("publish", "Publish the report", {"to": "everybody"})
    work.done(step, {"published": True})
    step = work.step("tell", "Tell everybody")
    work.done(step)
    work.complete({"report": "out"})


@pytest.fixture
def failed(worker: Worker) -> Work:
    work = worker.take(input={"topic": "orchestras"}, retry={"max_attempts": 1})
    fail(work)
    return work


def row(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("treegrid").get_by_role("row").filter(has_text=name)


def chosen(page: Page) -> Locator:
    return page.get_by_role("treegrid").locator('[role=row][aria-selected="true"]')


def detail(page: Page) -> Locator:
    return page.get_by_role("region", name="The chosen row")


def test_it_opens_on_the_failure_that_was_not_made_good(visit, failed: Work, axe, shot, fits) -> None:
    page = visit(f"/runs/{failed.run}")
    expect(chosen(page)).to_contain_text("http.post")
    expect(chosen(page)).to_be_in_viewport()
    expect(detail(page)).to_contain_text("403 Forbidden")
    expect(detail(page)).to_contain_text("https://example.org/publish")
    # The facts that policy has of a tool call.
    expect(detail(page)).to_contain_text("supervised")
    expect(detail(page)).to_contain_text(f"{failed.task}:publish:publish")
    # Rows say where they stand.
    expect(chosen(page)).to_have_attribute("aria-level", "3")
    axe(page)
    shot(page, "run")
    fits(page)


def test_it_stays_on_the_failure_while_more_is_read(visit, failed: Work, faults) -> None:
    faults.slow(2, rf"^/v1/toolcalls\?run_id={failed.run}")
    page = visit(f"/runs/{failed.run}")
    expect(chosen(page)).to_contain_text("http.post")
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("treegrid")).to_have_attribute("aria-busy", "false")
    expect(chosen(page)).to_contain_text("http.post")
    expect(chosen(page)).to_be_in_viewport(ratio=0.9)


def test_the_keyboard_goes_through_the_tree(visit, failed: Work) -> None:
    page = visit(f"/runs/{failed.run}")
    expect(chosen(page)).to_contain_text("http.post")
    chosen(page).focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_contain_text("Publish the report")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    expect(row(page, "http.post")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(row(page, "http.post")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_contain_text("http.post")
    page.keyboard.press("Home")
    expect(page.locator(":focus")).to_contain_text("Run 1")
    # What the keyboard has come to is looked into, and in the address.
    expect(detail(page).get_by_role("heading", name="Run 1")).to_be_visible()
    expect(page).to_have_url(re.compile("asked=self"))
    page.keyboard.press("e")
    expect(chosen(page)).to_contain_text("search")
    expect(detail(page)).to_contain_text("No answer in 10 s.")
    page.keyboard.press("e")
    expect(chosen(page)).to_contain_text("Publish the report")


def test_only_what_failed_can_be_shown(visit, failed: Work) -> None:
    page = visit(f"/runs/{failed.run}")
    expect(chosen(page)).to_contain_text("http.post")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("only=failed"))
    expect(row(page, "Gather part 1")).to_have_count(0)
    expect(row(page, "Gather part 4")).to_have_count(1)
    expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(1 + 5)


def test_addresses_lead_to_steps_calls_and_events(visit, failed: Work, api) -> None:
    steps = api.get(f"/v1/runs/{failed.run}/steps")["items"]
    page = visit(f"/runs/{failed.run}?step={steps[2]['step_id']}")
    expect(chosen(page)).to_contain_text("Gather part 2")
    call = api.get("/v1/toolcalls", run_id=failed.run, step_id=steps[5]["step_id"])["items"][0]
    visit(f"/runs/{failed.run}?call={call['tool_call_id']}")
    expect(chosen(page)).to_contain_text("search")
    expect(detail(page)).to_contain_text("part 5")
    event = api.get("/v1/events", run_id=failed.run, event_type="step.failed")["items"][0]
    visit(f"/runs/{failed.run}?event={event['event_id']}")
    expect(chosen(page)).to_contain_text("Publish the report")
    card = page.get_by_role("region", name="The chosen event")
    expect(card.get_by_role("heading", name="step.failed")).to_be_visible()
    card.get_by_role("button", name="step.started").click()
    expect(card.get_by_role("heading", name="step.started")).to_be_visible()
    expect(page).not_to_have_url(re.compile(event["event_id"]))


def test_a_large_payload_is_shown_by_its_head_and_downloaded_whole(visit, failed: Work, api) -> None:
    step = api.get(f"/v1/runs/{failed.run}/steps")["items"][3]
    page = visit(f"/runs/{failed.run}?step={step['step_id']}")
    expect(detail(page)).to_contain_text("The first 64 KB of 117 KB")
    with page.expect_download() as download:
        detail(page).get_by_role("button", name="Download all").click()
    assert json.loads(download.value.path().read_text()) == {"text": LARGE}


def test_artifacts_are_shown_by_their_type(visit, failed: Work, axe, shot) -> None:
    page = visit(f"/runs/{failed.run}?pane=artifacts")
    pane = detail(page)
    expect(pane.get_by_role("article", name="notes.md")).to_contain_text("It almost worked.")
    expect(pane.get_by_role("heading", name="Notes")).to_be_visible()
    expect(pane.get_by_role("article", name="figures.json").get_by_role("group", name="figures.json")).to_be_visible()
    elsewhere = pane.get_by_role("article", name="elsewhere").get_by_role("link")
    expect(elsewhere).to_have_attribute("rel", re.compile("noopener"))
    picture = pane.get_by_role("img", name="picture.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [48, 32]
    other = pane.get_by_role("article", name="bytes.bin")
    expect(other.get_by_role("button", name="Show")).to_have_count(0)
    with page.expect_download() as download:
        other.get_by_role("button", name="Download").click()
    assert download.value.path().read_bytes() == bytes(range(256))
    axe(page)
    shot(page, "run-artifacts")


def test_events_of_a_step_and_of_the_run(visit, failed: Work, axe, shot) -> None:
    page = visit(f"/runs/{failed.run}?asked=self&pane=events")
    events = page.get_by_role("grid", name="Events")
    expect(events).to_contain_text("task.created")
    events.get_by_role("row").filter(has_text="run.started").click()
    chosen = page.get_by_role("region", name="The chosen event")
    # A cause leads to what it led to, and what nothing led to says so.
    chosen.get_by_role("button", name="task.created").first.click()
    expect(chosen.get_by_role("heading")).to_have_text("task.created")
    expect(chosen).to_contain_text("nothing recorded")
    chosen.get_by_role("button", name="run.started").first.click()
    expect(chosen.get_by_role("heading")).to_have_text("run.started")
    axe(page)
    shot(page, "run-events")
    row(page, "Publish the report").click()
    detail(page).get_by_role("tab", name="Events").click()
    expect(events).to_contain_text("step.failed")
    expect(events).not_to_contain_text("run.started")


def test_log_lines_stand_beside_what_logged_them(visit, suite, worker: Worker, axe, shot) -> None:
    work = worker.take(retry={"max_attempts": 1}, correlation_id="matter-" + uuid.uuid4().hex)
    step = work.step("talk", "Talk a lot")
    now = datetime.now(UTC)

    def line(words: str, ago: float, **about: object) -> dict[str, object]:
        time = (now - timedelta(seconds=ago)).isoformat()
        return {"service": "test-run", "message": words, "time": time, "level": "info", **about}

    logging = next(one for one in suite.daemons if one.name == "logging-svc")
    frames = [
        line("long before", 60, traceId=work.trace),
        line("in the \u001b[31mstep\u001b[0m", 0, traceId=work.trace, level="error", fields={"part": 7}),
        line("of somebody else", 0, traceId="0" * 31 + "1"),
    ]
    httpx.post(logging.url + "/log", json=frames, auth=("admin", suite.password), trust_env=False).raise_for_status()
    page = visit(f"/runs/{work.run}?step={step}&pane=logs")
    lines = page.get_by_role("list", name="Log")
    expect(lines.get_by_role("listitem").filter(has_text="in the step")).to_be_visible()
    expect(lines).not_to_contain_text("long before")
    expect(lines).not_to_contain_text("of somebody else")
    lines.get_by_text("in the step").click()
    expect(lines.get_by_role("group", name="Fields")).to_contain_text("part")
    axe(page)
    shot(page, "run-logs")
    # The whole run has all lines of its trace.
    row(page, "Run 1").click()
    expect(lines.get_by_role("listitem").filter(has_text="long before")).to_be_visible()
    work.done(step)
    work.complete()


def test_a_run_is_followed_while_it_goes_on(visit, worker: Worker, axe) -> None:
    work = worker.take(retry={"max_attempts": 1})
    first = work.step("first", "The first step")
    page = visit(f"/runs/{work.run}")
    expect(page.locator(".page-head .connection")).to_have_text("Live")
    expect(chosen(page)).to_contain_text("The first step")
    work.done(first)
    second = work.step("second", "The second step")
    call = work.call(second, "search", {"query": "x"})
    # What runs now is chosen until somebody chooses something else.
    expect(chosen(page)).to_contain_text("search")
    expect(row(page, "The first step").get_by_text("Completed")).to_have_count(1)
    axe(page)
    row(page, "The first step").click()
    work.answered(call)
    work.done(second)
    work.complete({"all": "well"})
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.locator(".page-head .connection")).to_have_count(0)
    expect(chosen(page)).to_contain_text("The first step")


def test_a_step_that_ends_with_its_run_is_given_up(visit, worker: Worker) -> None:
    work = worker.take(retry={"max_attempts": 1})
    work.step("endless", "Never done")
    page = visit(f"/runs/{work.run}")
    expect(chosen(page)).to_contain_text("Never done")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("textbox", name="Why?").fill("nobody waits for it")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.locator(".page-head .status")).to_have_text("Cancelled")
    expect(row(page, "Never done").get_by_text("Abandoned")).to_have_count(1)


def test_it_is_replayed_from_a_step(visit, failed: Work, worker: Worker, api) -> None:
    page = visit(f"/runs/{failed.run}")
    row(page, "Publish the report").click()
    detail(page).get_by_role("button", name="Replay from here…").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay").click()
    expect(page.get_by_role("heading", name="Run 2", level=1)).to_be_visible()
    work = worker.claim()
    steps = api.get(f"/v1/runs/{work.run}/steps")["items"]
    assert [step["carried_from_step_id"] is not None for step in steps] == [True] * 11
    work.complete()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(row(page, "Gather part 0")).to_contain_text("taken over")
    # The runs of the task are side by side.
    expect(page.get_by_role("button", name="Run before in the list")).to_be_enabled()
    page.keyboard.press("[")
    expect(page.get_by_role("heading", name="Run 1", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Run behind in the list")).to_be_enabled()
    page.keyboard.press("]")
    expect(page.get_by_role("heading", name="Run 2", level=1)).to_be_visible()


def test_a_wait_for_people_is_told_apart_from_work(visit, worker: Worker, api) -> None:
    work = worker.take(retry={"max_attempts": 1})
    step = work.step("spend", "Spend money")
    work.done(step)
    action = {"kind": "external.write", "target": "bank", "arguments": {"amount": 5}}
    approval = work.ask(action, step)
    page = visit(f"/runs/{work.run}?asked=self")
    expect(page.locator(".page-head .status")).to_have_text("Waiting")
    api.post(f"/v1/approvals/{approval}/decide", {"decision": "approve", "note": "go on"})
    step = work.step("book", "Book it")
    call = work.call(step, "bank", {"amount": 5})
    work.answered(call)
    work.done(step)
    work.complete()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    # Before the claim, and while people were asked.
    waits = row(page, "Run 1").locator("rect.bar-wait")
    expect(waits).to_have_count(2)
    expect(row(page, "Run 1").locator("rect.bar-work")).to_have_count(2)
    expect(detail(page)).to_contain_text("of it waited")


def test_a_run_that_was_asked_for_is_a_row_that_opens(visit, worker: Worker) -> None:
    work = worker.take(retry={"max_attempts": 1})
    step = work.step("before", "Before it")
    work.done(step)
    inner = worker.take(retry={"max_attempts": 1}, parent_run_id=work.run)
    own = inner.step("inside", "Inside of it")
    inner.done(own)
    inner.complete({"inner": True})
    work.complete()
    page = visit(f"/runs/{work.run}")
    asked = page.get_by_role("treegrid").get_by_role("row", expanded=False)
    expect(asked).to_have_count(1)
    asked.focus()
    page.keyboard.press("ArrowRight")
    expect(row(page, "Inside of it")).to_have_attribute("aria-level", "3")
    asked = page.get_by_role("treegrid").locator(f"#span-{inner.run}")
    asked.click()
    detail(page).get_by_role("link", name="Inspect it").click()
    expect(page).to_have_url(re.compile(inner.run))
    expect(row(page, "Inside of it")).to_have_attribute("aria-level", "2")


def test_two_runs_are_compared(visit, worker: Worker, axe, shot, fits) -> None:
    first = worker.take(retry={"max_attempts": 2, "initial_seconds": 0.1})
    fail(first)
    second = worker.claim()
    succeed(second)
    page = visit(f"/runs/{first.run}")
    page.get_by_role("link", name="Compare with run 2").click()
    steps = page.get_by_role("grid", name="Steps of both runs")
    expect(page.get_by_text("3 of 13 steps differ")).to_be_visible()
    expect(steps.get_by_role("row").filter(has_text="Tell everybody")).to_contain_text("only in one")
    expect(steps.get_by_role("row").filter(has_text="Publish the report")).to_contain_text("outcome, output")
    steps.get_by_role("row").filter(has_text="Gather part 5").click()
    differences = page.get_by_role("region", name="Differences")
    expect(differences.get_by_role("listitem").first).to_contain_text("/part changed")
    expect(page).to_have_url(re.compile("key=gather-5"))
    axe(page)
    shot(page, "run-compare")
    fits(page)
    page.keyboard.press("f")
    expect(steps.get_by_role("row")).to_have_count(1 + 3)


def test_a_run_that_is_not_there(visit, watch, axe) -> None:
    watch.foresee("404")
    page = visit("/runs/run_01HZZZZZZZZZZZZZZZZZZZZZZZ")
    expect(page.get_by_role("alert")).to_contain_text("There is no such thing here")
    axe(page)


def test_neighbours_of_the_list_that_one_came_from(visit, worker: Worker) -> None:
    runs = []
    for _ in range(2):
        work = worker.take(retry={"max_attempts": 1})
        work.complete()
        runs.append(work)
    page = visit(f"/tasks?agent={worker.agent}&status=completed")
    task = page.get_by_role("grid", name="Tasks").get_by_role("row").filter(has_text=runs[1].task[-8:])
    task.get_by_text("Completed").click()
    page.get_by_role("region", name="Runs").get_by_role("link", name=re.compile("^run_")).click()
    expect(page).to_have_url(re.compile(runs[1].run))
    expect(page.get_by_role("heading", name="Run 1", level=1)).to_be_focused()
    page.keyboard.press("]")
    expect(page).to_have_url(re.compile(runs[0].run))
    page.get_by_role("toolbar", name="Waterfall").get_by_role("link", name="Tasks").click()
    expect(page).to_have_url(re.compile("/tasks\\?.*agent=" + worker.agent))
