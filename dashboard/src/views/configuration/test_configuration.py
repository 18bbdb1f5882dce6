# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import Page, expect


def keys(page: Page, daemon: str):
    return page.get_by_role("region", name=f"Keys of {daemon}").get_by_role("row")


def test_daemons_tell_how_they_are_and_what_they_were_told(visit, suite, axe, fits, shot) -> None:
    page = visit("/configuration")
    expect(page.get_by_role("button", name="orchestrator-svc")).to_contain_text("Well")
    expect(page.get_by_role("button", name="logging-svc")).to_contain_text("Well")
    expect(page.get_by_role("heading", name="orchestrator-svc")).to_be_visible()
    expect(page.get_by_role("list", name="What orchestrator-svc depends on")).to_contain_text("ready")
    axe(page)
    fits(page)
    shot(page, "configuration")

    page.keyboard.press("/")
    page.keyboard.type("basic_auth_pass")
    expect(keys(page, "orchestrator-svc")).to_have_count(2)
    expect(keys(page, "orchestrator-svc").nth(1)).to_contain_text("secret")
    assert suite.password not in page.content()
    assert "key=basic_auth_pass" in page.url
    page.get_by_label("Find", exact=True).fill("")
    page.get_by_role("button", name="Set by somebody").click()
    expect(keys(page, "orchestrator-svc").filter(has_text="LOGGING_SVC_URL")).to_contain_text(suite.daemons[0].url)
    page.get_by_role("button", name="logging-svc").click()
    expect(page.get_by_role("heading", name="logging-svc")).to_be_visible()
    assert "daemon=logging-svc" in page.url and "show=set" in page.url


def test_one_that_fails_comes_first_and_says_why(visit, api, axe, fits, shot) -> None:
    daemons = api.get("/v1/daemons")["daemons"]
    one = daemons[-1]
    one["ready"] = False
    one["checks"] = [{"name": "database", "ready": False, "required": True, "detail": "It refuses connections."}]
    row = one["configuration"]["rows"][-1]
    row.update(valid=False, present=False, problem="It is needed.", value=None, source=None)
    one["configuration"].update(valid=False, warnings=["LOG_LEVLE looks like LOG_LEVEL"], problems=["The two differ."])
    away = {
        "name": "gateway-svc", "url": "http://127.0.0.1:9", "reachable": False, "version": None, "ready": None,
        "uptime_seconds": None, "checks": [], "configuration": None, "checked_at": one["checked_at"],
        "detail": "It did not answer within 3 seconds.",
    }  # fmt: skip
    page = visit("/new-task")
    page.route("**/v1/daemons", lambda route: route.fulfill(json={"daemons": [*daemons, away]}))
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_text("2 of 4 need a look")).to_be_visible()
    buttons = page.locator(".daemons").get_by_role("button")
    expect(buttons.nth(0)).to_contain_text("Does not answer")
    expect(buttons.nth(1)).to_contain_text("Wrong configuration")
    expect(buttons.nth(2)).to_contain_text("Well")
    expect(page.get_by_text("It did not answer within 3 seconds.")).to_be_visible()
    shot(page, "configuration-away")
    buttons.nth(1).click()
    expect(keys(page, one["name"]).nth(1)).to_contain_text("It is needed.")
    expect(page.get_by_text("It refuses connections.")).to_be_visible()
    expect(page.get_by_text("LOG_LEVLE looks like LOG_LEVEL")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "configuration-wrong")
    page.unroute_all()
    page.keyboard.press("r")
    expect(page.get_by_text("All 3 daemons are well")).to_be_visible()


def test_daemons_that_cannot_be_asked(visit, faults, try_again, watch, axe, shot) -> None:
    watch.foresee("status of 503")
    faults.answer(503, "^/v1/daemons", detail="Not now.")
    page = visit("/configuration")
    expect(page.get_by_role("alert")).to_contain_text("Not now.")
    axe(page)
    shot(page, "configuration-failed")
    try_again(page)
    expect(page.get_by_role("heading", name="orchestrator-svc")).to_be_visible()
