# SPDX-License-Identifier: Apache-2.0
"""What a page looks like, for people and for tests."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize

SHOTS = Path(__file__).resolve().parent / "shots"
NARROW = 320
# How high the page is with nothing hidden; the part that scrolls is not the window.
HEIGHT = """() => {
    const main = document.getElementById("main");
    return main === null ? document.body.scrollHeight : main.offsetTop + main.scrollHeight;
}"""
# What sticks out to the right, except inside of what scrolls by itself.
STICKING_OUT = """() => [...document.querySelectorAll("body *")].filter((element) => {
    if (!element.checkVisibility()) return false;
    if (element.getBoundingClientRect().right <= document.documentElement.clientWidth + 1) return false;
    for (let at = element.parentElement; at !== null; at = at.parentElement) {
        if (at.id !== "main" && at !== document.body && getComputedStyle(at).overflowX !== "visible") return false;
    }
    return true;
}).map((element) => element.outerHTML.slice(0, 160))"""


def take_shots(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for look, width, colours in (("light", 1440, "light"), ("dark", 1440, "dark"), ("narrow", NARROW, "light")):
        page.emulate_media(color_scheme=colours)
        page.set_viewport_size({"width": width, "height": 900})
        height = min(3000, max(900, int(page.evaluate(HEIGHT))))
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SHOTS / f"{name}-{look}.png")
    page.emulate_media(color_scheme="light")
    restore(page, before)


def assert_fits(page: Page) -> None:
    before = page.viewport_size
    page.set_viewport_size({"width": NARROW, "height": 700})
    wide = page.evaluate(STICKING_OUT)
    restore(page, before)
    assert not wide, f"wider than {NARROW} pixels: " + "\n".join(wide)


def restore(page: Page, size: ViewportSize | None) -> None:
    if size is not None:
        page.set_viewport_size(size)
