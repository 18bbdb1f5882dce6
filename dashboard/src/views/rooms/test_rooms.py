# SPDX-License-Identifier: Apache-2.0

from daemons import VIEWER
from playwright.sync_api import Page, expect


def rows(page: Page, name: str = "Rooms"):
    return page.get_by_role("grid", name=name, exact=True).locator(".row:not(.head)")


def test_rooms_are_listed_made_and_archived(visit, api, axe, fits, shot) -> None:
    api.post("/v1/rooms", {"name": "A room <b>of its own</b>"})
    page = visit("/rooms")
    expect(rows(page).filter(has_text="A room <b>of its own</b>")).to_have_count(1)
    axe(page)
    fits(page)
    shot(page, "rooms")

    page.keyboard.press("n")
    page.get_by_label("Name", exact=True).fill("Made by keys")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Made by keys")).to_be_visible()
    room = page.url.split("/")[-1]

    page.get_by_role("button", name="Rename…").click()
    page.get_by_label("Name", exact=True).fill("Renamed by keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Renamed by keys")).to_be_visible()
    page.get_by_role("button", name="Archive…").click()
    page.get_by_role("button", name="Archive the room").click()
    expect(page.get_by_text("Archived", exact=True).first).to_be_visible()
    expect(page.get_by_label("Title of a new thread")).to_have_count(0)
    assert api.get(f"/v1/rooms/{room}")["archived_at"] is not None

    page.get_by_role("link", name="All rooms").click()
    page.get_by_role("button", name="Archived ones").click()
    assert page.url.endswith("/rooms?show=archived")
    expect(rows(page, "Archived rooms").filter(has_text="Renamed by keys")).to_have_count(1)
    shot(page, "rooms-archived")
    rows(page, "Archived rooms").filter(has_text="Renamed by keys").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Archive…")).to_be_visible()


def test_somebody_else_was_faster(visit, api, watch) -> None:
    watch.foresee("status of 412")
    room = api.post("/v1/rooms", {"name": "Contested"})["room_id"]
    page = visit(f"/rooms/{room}")
    page.get_by_role("button", name="Rename…").click()
    api.patch(f"/v1/rooms/{room}", {"name": "Taken"})
    page.get_by_label("Name", exact=True).fill("Mine")
    # The room's own event may have told of the other name already; then there is no contest any more.
    page.route(
        f"**/v1/rooms/{room}",
        lambda route: route.continue_(post_data='{"name":"Mine","if_version":1}')
        if route.request.method == "PATCH"
        else route.continue_(),
    )
    page.keyboard.press("Enter")
    expect(page.get_by_text("Somebody else has changed the room meanwhile")).to_be_visible()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()


def test_a_list_that_fails_says_why(visit, faults, try_again, watch) -> None:
    watch.foresee("status of 500")
    faults.answer(500, "^/v1/rooms", detail="No room for rooms.")
    page = visit("/rooms")
    expect(page.get_by_role("alert")).to_contain_text("No room for rooms.")
    try_again(page)
    expect(rows(page).first).to_be_visible()


def test_keys_lead_to_the_rooms(page, visit) -> None:
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Rooms", exact=True)).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Rooms")


def test_a_viewer_reads_and_is_offered_nothing_else(signed_out_page, api) -> None:
    room = api.post("/v1/rooms", {"name": "To look at"})["room_id"]
    thread = api.post(f"/v1/rooms/{room}/threads", {"title": "Read only"})["thread_id"]
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "Everybody may read this"})
    page = signed_out_page
    page.get_by_label("User").fill(VIEWER[0])
    page.get_by_label("Password").fill(VIEWER[1])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Rooms", exact=True).click()
    expect(rows(page).filter(has_text="To look at")).to_have_count(1)
    expect(page.get_by_role("button", name="New room")).to_have_count(0)
    rows(page).filter(has_text="To look at").click()
    expect(page.get_by_role("log", name="Events")).to_contain_text("Everybody may read this")
    expect(page.get_by_role("button", name="Rename…")).to_have_count(0)
    expect(page.get_by_label("Title of a new thread")).to_have_count(0)
    page.get_by_role("region", name="Threads").get_by_role("link", name="Read only").click()
    expect(page.get_by_text("You may read here, but not write.")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_count(0)
