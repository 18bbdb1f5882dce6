# SPDX-License-Identifier: Apache-2.0

from playwright.sync_api import Page, expect


def test_keys_open_the_palette_the_cheat_sheet_and_places(page: Page, axe, shot, fits) -> None:
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Command palette")
    axe(page)
    shot(page, "keys")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)

    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog")
    palette.get_by_role("combobox").fill("new ta")
    axe(page)
    shot(page, "palette")
    fits(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New task")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Tasks")).to_be_focused()


def test_an_identifier_that_is_pasted_into_the_palette_opens(page: Page, api) -> None:
    task = api.task("to be found")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command").fill(task["id"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Task")).to_be_focused()
    expect(page.get_by_text("to be found").first).to_be_visible()


def test_settings_are_kept(visit, axe, shot) -> None:
    page = visit("/")
    page.get_by_role("button", name="Settings").click()
    axe(page)
    shot(page, "settings")
    page.get_by_label("Dark").check()
    page.get_by_label("UTC").check()
    page.get_by_label("Single letters are shortcuts").uncheck()
    page.get_by_role("button", name="Close").click()
    page = visit("/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()


def test_an_address_that_leads_nowhere_says_so(visit, axe, shot, fits) -> None:
    page = visit("/no-such-place")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    axe(page)
    fits(page)
    shot(page, "nowhere")
    page.get_by_role("link", name="To the tasks").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
