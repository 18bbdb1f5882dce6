# SPDX-License-Identifier: Apache-2.0

import secrets

import pytest
from playwright.sync_api import Locator, Page, expect
from suite import eventually


def row(page: Page, table: str, name: str) -> Locator:
    return page.get_by_role("region", name=table).get_by_role("row").filter(
        has=page.get_by_role("rowheader", name=name)
    )


@pytest.fixture
def name() -> str:
    """Of a service, and of the blueprint that describes it, of this test alone."""
    return "t-" + secrets.token_hex(4)


def text(name: str, *, start: str = "npm start", more: str = "") -> str:
    """A blueprint of one service."""
    return "\n".join([
        "services:",
        "  - type: web",
        f"    name: {name}",
        "    runtime: node",
        "    repo: https://github.com/acme/api",
        "    buildCommand: npm ci",
        f"    startCommand: {start}",
        "    envVars:",
        "      - key: GREETING",
        "        value: canary-greeting",
        *more.splitlines(),
    ])  # fmt: skip


TOKEN = """      - key: TOKEN
        sync: false"""


def paste(page: Page, blueprint: str, name: str) -> None:
    page.get_by_role("textbox", name="Blueprint", exact=True).fill(blueprint)
    page.get_by_label("Name", exact=True).fill(name)


def plan(page: Page) -> None:
    page.get_by_role("button", name="Plan", exact=True).click()


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply…").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply it").click()


def applied(visit, name: str, blueprint: str) -> Page:
    """A page that has carried out the blueprint."""
    page = visit("/render?show=blueprint")
    paste(page, blueprint, name)
    plan(page)
    apply(page)
    expect(page.locator(".page-head").filter(has_text=f"Apply of {name}")).to_contain_text("Succeeded")
    return page


def test_services_with_how_they_are(visit, suite, axe, fits, shot) -> None:
    page = visit("/render")
    expect(row(page, "Services", "shop-api")).to_contain_text("Live")
    expect(row(page, "Services", "shop-docs")).to_contain_text("Deploy failed")
    expect(row(page, "Services", "shop-docs")).to_contain_text("build failed")
    expect(row(page, "Services", "shop-mailer")).to_contain_text("Background worker")
    assert suite.render.token not in page.content()
    axe(page)
    fits(page)
    shot(page, "render-services")
    page.get_by_label("Name").fill("docs")
    expect(page.get_by_text("1 service,")).to_be_visible()
    assert "name=docs" in page.url
    page.get_by_label("Type").select_option("Cron job")
    expect(page.get_by_text("No service fits")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(row(page, "Services", "shop-api")).to_be_visible()


def test_a_service_is_deployed_after_a_question(visit, api, axe, shot) -> None:
    page = visit("/render?name=shop-mailer")
    one = row(page, "Services", "shop-mailer")
    one.get_by_role("button", name="Deploy…").click()
    expect(page.get_by_role("dialog", name="Deploy shop-mailer?")).to_be_visible()
    axe(page)
    shot(page, "render-deploy")
    page.get_by_role("button", name="Deploy it").click()
    expect(page.get_by_text("shop-mailer is being deployed.")).to_be_visible()
    expect(one).to_contain_text("Live", timeout=60_000)
    eventually(lambda: any(
        event["event_type"] == "render.deploy_requested" and event["actor"] == "user:admin"
        for event in api.get("/v1/events", stream_type="service", stream_id="renderctl-svc", order="desc", limit=50)["items"]
    ), within=30)


def test_the_monitor_shows_what_is_wrong_and_why(visit, axe, fits, shot) -> None:
    page = visit("/render?show=monitor")
    watched = page.get_by_role("region", name="What is watched")
    expect(watched.get_by_role("row")).to_have_count(3)
    expect(row(page, "What is watched", "shop-docs")).to_contain_text("Only look")
    found = page.get_by_role("button", name="shop-docs").first
    expect(found).to_contain_text("Would be mended")
    found.click()
    expect(page.locator(".evidence")).to_contain_text("Root Directory")
    expect(page.get_by_role("list", name="What mending it changes")).to_contain_text("rootDir")
    assert "diagnosis=" in page.url
    axe(page)
    fits(page)
    shot(page, "render-monitor")


def test_a_blueprint_with_mistakes_is_told_where(visit, watch, name, axe, fits, shot) -> None:
    watch.foresee("status of 422")
    page = visit("/render?show=blueprint")
    paste(page, text(name).replace("runtime: node", "runtime: nerd"), name)
    plan(page)
    told = page.get_by_role("list", name="What there is to say about the file")
    expect(told).to_contain_text("line 4")
    expect(told).to_contain_text("nerd")
    axe(page)
    fits(page)
    shot(page, "render-invalid")
    page.get_by_label("Name", exact=True).fill("Not a name")
    expect(page.get_by_text("1 to 63 lowercase letters")).to_be_visible()


def test_a_blueprint_is_planned_entered_and_applied_once(visit, suite, name, axe, fits, shot) -> None:
    page = visit("/render?show=blueprint")
    paste(page, text(name, more=TOKEN), name)
    plan(page)
    sheet = page.get_by_role("region", name=f"Plan of {name}")
    expect(sheet.locator(".counts")).to_contain_text("Blocked")
    expect(page.get_by_role("button", name="Apply…")).to_have_count(0)
    axe(page)
    fits(page)
    shot(page, "render-blocked")
    page.get_by_label("TOKEN").fill("canary-token")
    page.get_by_role("button", name="Plan with these").click()
    expect(sheet.locator(".counts")).to_contain_text("1 to create")
    sheet.get_by_role("button", name=f"service/{name}").click()
    changes = page.get_by_role("list", name="What the plan changes")
    expect(changes).to_contain_text("env.TOKEN")
    assert "canary-token" not in changes.inner_text()
    assert "canary-greeting" not in changes.inner_text()
    axe(page)
    fits(page)
    shot(page, "render-plan")
    apply(page)
    head = page.locator(".page-head").filter(has_text=f"Apply of {name}")
    expect(head).to_contain_text("Succeeded")
    steps = page.get_by_role("list", name="Steps")
    expect(steps).to_contain_text(f"service/{name}/create")
    axe(page)
    fits(page)
    shot(page, "render-apply")
    assert suite.render.service(name)["type"] == "web_service"
    assert suite.render.variables(name) == {"GREETING": "canary-greeting", "TOKEN": "canary-token"}

    page.get_by_role("button", name="Its plan").click()
    paste(page, text(name, more=TOKEN), name)
    plan(page)
    expect(sheet.locator(".counts")).to_contain_text("Nothing to do")
    expect(page.get_by_role("button", name="Apply…")).to_have_count(0)


def test_a_plan_that_is_out_of_date_is_refused_with_what_has_moved(visit, suite, watch, name, axe, shot) -> None:
    watch.foresee("status of 409")
    page = applied(visit, name, text(name))
    page.get_by_role("tab", name="Blueprint").click()
    paste(page, text(name, start="npm run serve"), name)
    plan(page)
    expect(page.get_by_role("list", name="What the plan changes")).to_contain_text("npm run serve")
    suite.render.patch(name, {"serviceDetails": {"envSpecificDetails": {"startCommand": "node elsewhere.js"}}})
    apply(page)
    expect(page.get_by_role("alert")).to_contain_text("startCommand")
    axe(page)
    shot(page, "render-stale")


def test_what_somebody_changed_elsewhere_is_shown_as_drift(visit, suite, name, axe, fits, shot) -> None:
    page = applied(visit, name, text(name))
    page.goto(page.url.split("/render")[0] + f"/render?show=drift&blueprint={name}")
    sheet = page.get_by_role("region", name=name)
    expect(sheet).to_contain_text("As it was applied")
    suite.render.patch(name, {"serviceDetails": {"envSpecificDetails": {"startCommand": "node elsewhere.js"}}})
    sheet.get_by_role("button", name="Compare again").click()
    expect(sheet).to_contain_text("Has drifted")
    expect(page.get_by_role("list", name="What differs")).to_contain_text("node elsewhere.js")
    axe(page)
    fits(page)
    shot(page, "render-drift")


def test_a_viewer_looks_and_changes_nothing(visit) -> None:
    page = visit("/render", "viewer")
    expect(row(page, "Services", "shop-api")).to_be_visible()
    expect(page.get_by_role("button", name="Deploy…")).to_have_count(0)
    page.get_by_role("tab", name="Blueprint").click()
    expect(page.get_by_role("textbox", name="Blueprint", exact=True)).to_have_count(0)


def test_panes_by_keys_and_what_cannot_be_read(visit, faults, try_again, watch, axe, shot) -> None:
    watch.foresee("status of 503")
    faults.answer(503, "^/v1/render/", detail="Not now.")
    page = visit("/render")
    expect(page.get_by_role("alert")).to_contain_text("Not now.")
    axe(page)
    shot(page, "render-failed")
    try_again(page)
    expect(row(page, "Services", "shop-api")).to_be_visible()
    page.get_by_role("tab", name="Services").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Applies")).to_be_focused()
    assert "show=applies" in page.url
    page.keyboard.press("ArrowRight")
    expect(row(page, "Services", "shop-api")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_role("region", name="What is watched")).to_be_visible()
