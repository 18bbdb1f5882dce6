# SPDX-License-Identifier: Apache-2.0
"""What browser tests are given: real daemons, a browser that is watched, and eyes for what it shows."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api import Api
from axe import Axe
from daemons import OPERATOR, VIEWER, Daemons
from faults import Faults
from looks import assert_fits, take_shots
from playwright.sync_api import Browser, BrowserContext, CDPSession, Locator, Page, expect, sync_playwright
from recorder import Recorder
from watch import Watch

# Real daemons on a busy machine answer late, but they do.
PATIENCE = 15_000
PEOPLE = {"viewer": VIEWER, "operator": OPERATOR}


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Iterator[Daemons]:
    """Real daemons and the dashboard before them, for all tests of this run."""
    suite = Daemons()
    has_started = False
    try:
        suite.start()
        has_started = True
        yield suite
    finally:
        suite.stop()
        if request.session.testsfailed or not has_started:
            print(f"\nthe daemons' logs are in {suite.folder}")
        else:
            suite.remove()


@pytest.fixture(scope="session")
def api(suite: Daemons) -> Iterator[Api]:
    """Asks the orchestrator itself, as the same person as the browser."""
    with Api(suite.orchestrator.url, "admin", suite.password) as api:
        yield api


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def faults(suite: Daemons) -> Iterator[Faults]:
    """What goes wrong on command between this test's browser and the daemons."""
    faults = Faults(suite.dashboard)
    yield faults
    faults.close()


@pytest.fixture
def origin(suite: Daemons, request: pytest.FixtureRequest) -> str:
    """Where this test's browser finds the dashboard."""
    return request.getfixturevalue("faults").url if "faults" in request.fixturenames else suite.dashboard


@pytest.fixture
def context(browser: Browser, origin: str) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet. Addresses are relative to where the dashboard is served: `tasks`."""
    context = browser.new_context(
        base_url=origin + "/app/",
        viewport={"width": 1280, "height": 800},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """Hears errors of the console, of scripts and of the policy; the test fails when it heard one not foreseen."""
    watch = Watch(context)
    yield watch
    watch.close()


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder | None]:
    """Keeps what ran where DASHBOARD_COVERAGE says; None when nobody wants to know."""
    place = os.environ.get("DASHBOARD_COVERAGE")
    if not place:
        yield None
        return
    recorder = Recorder()
    yield recorder
    recorder.write(Path(place))


class Tab:
    """A page, whose scripts are listened to wherever it goes."""

    def __init__(self, page: Page, recorder: Recorder | None) -> None:
        self.page = page
        self._recorder = recorder
        self._browser: CDPSession | None = None if recorder is None else recorder.begin(page)

    def go(self, address: str) -> None:
        self.note()
        self.page.goto(address)

    def note(self) -> None:
        if self._recorder is not None and self._browser is not None:
            self._recorder.take(self._browser)


@pytest.fixture
def tab(context: BrowserContext, watch: Watch, recorder: Recorder | None) -> Iterator[Tab]:
    tab = Tab(context.new_page(), recorder)
    yield tab
    tab.note()


@pytest.fixture
def signed_out_page(tab: Tab) -> Page:
    """The dashboard as it asks who is there."""
    tab.go("")
    page = tab.page
    expect(page.get_by_role("heading", name="Sign in to Tutti")).to_be_visible()
    return page


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """The dashboard, signed in, at the address where everybody begins."""
    return visit("/")


@pytest.fixture
def visit(tab: Tab, suite: Daemons) -> Callable[..., Page]:
    """Opens an address of the dashboard, such as `/tasks?status=failed`, and signs in when it is asked to: as the
    administrator, or as `viewer` or `operator`."""

    def visit(address: str, role: str = "administrator") -> Page:
        page = tab.page
        tab.go(address.lstrip("/"))
        form = page.get_by_role("heading", name="Sign in to Tutti")
        form.or_(heading(page)).first.wait_for()
        if form.is_visible():
            sign_in(page, *PEOPLE.get(role, ("admin", suite.password)))
        return page

    return visit


def heading(page: Page) -> Locator:
    return page.locator("#main h1")


def sign_in(page: Page, user: str, password: str) -> None:
    page.get_by_label("User").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    heading(page).wait_for()


@pytest.fixture
def try_again(faults: Faults) -> Callable[..., None]:
    """Ends the faults and presses "Try again" in one go: the page tries by itself, too, and takes the button away."""

    def try_again(page: Page, name: str = "Try again") -> None:
        button = page.get_by_role("button", name=name)
        expect(button).to_be_visible()
        faults.heal()
        button.evaluate_all("buttons => buttons.forEach((button) => button.click())")

    return try_again


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fails for every violation of WCAG 2.1 AA that can be found on the page, in light and in dark."""
    return Axe().assert_clean


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keeps pictures of the page in dashboard/test/shots: light, dark and narrow."""
    return take_shots


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Fails when the page is wider than a window of 320 pixels."""
    return assert_fits
