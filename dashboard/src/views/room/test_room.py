# SPDX-License-Identifier: Apache-2.0

import pytest
from playwright.sync_api import Page, expect
from suite import eventually

SEEN = """() => [...document.querySelectorAll("[data-seq]")].map((row) => Number(row.dataset.seq))"""


@pytest.fixture
def room(api) -> str:
    return api.post("/v1/rooms", {"name": "Events of a test"})["room_id"]


def entries(page: Page):
    return page.locator("[data-seq]")


def fill(api, room: str, count: int) -> str:
    """Posts messages to a thread; each is an event."""
    thread = api.post(f"/v1/rooms/{room}/threads", {"title": "Much ado"})["thread_id"]
    for number in range(count):
        api.post(f"/v1/threads/{thread}/messages", {"content_md": f"Word **{number}**"})
    return thread


def head(api, room: str) -> int:
    found = api.get("/v1/events", stream_type="room", stream_id=room, order="desc", limit=1)
    return found["items"][0]["stream_seq"]


def walk_up(page: Page) -> list[int]:
    """Every event on the way from where the timeline stands to its beginning, in the order of its sequence."""
    found: set[int] = set()
    log = page.get_by_role("log", name="Events").locator(".vlist")
    def step() -> bool:
        found.update(page.evaluate(SEEN))
        log.evaluate("(list) => { list.scrollTop -= 300; }")
        return 1 in found
    eventually(step, within=60)
    return sorted(found)


def test_what_happens_is_shown_in_one_line_each_with_its_links(visit, api, room, axe, fits, shot) -> None:
    done = api.task("said in a room", roomId=room, correlationId="room-test")
    api.task("broken", roomId=room, fail={"kind": "permanent"})
    thread = fill(api, room, 1)
    api.post(f"/v1/threads/{thread}/messages", {
        "content_md": "# Plan\n\n- **one**\n- [two](https://example.org)\n\n```\nthree\n```\n\n|a|b|\n|-|-|\n|1|2|",
    })  # fmt: skip
    page = visit(f"/rooms/{room}")
    expect(page.get_by_text("Run completed")).to_be_visible()
    expect(page.get_by_text("Run failed: asked_to_fail")).to_be_visible()
    expect(page.get_by_role("heading", name="Plan")).to_be_visible()
    expect(page.get_by_role("link", name="two")).to_have_attribute("rel", "noopener noreferrer")
    expect(page.locator(".connection")).to_have_text(f"Live, at {head(api, room)}")
    axe(page)
    fits(page)
    shot(page, "room")
    page.get_by_role("link", name="task " + done["id"]).first.click()
    expect(page.get_by_role("heading", name="Task", exact=True)).to_be_visible()


def test_text_of_strangers_is_text(visit, api, room) -> None:
    thread = fill(api, room, 0)
    api.post(f"/v1/threads/{thread}/messages", {
        "content_md": "<img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202eabc \u001b[31mred",
    })  # fmt: skip
    page = visit(f"/rooms/{room}")
    words = page.locator(".markdown")
    expect(words).to_have_text("<img src=x onerror=alert(1)> [x](javascript:alert(1)) abc red")
    expect(words.locator("a, img")).to_have_count(0)


def test_an_event_opens_and_its_address_leads_back_to_it(visit, api, room, axe, fits, shot) -> None:
    fill(api, room, 3)
    page = visit(f"/rooms/{room}")
    page.get_by_role("button", name="Open event 2").click()
    expect(page.get_by_role("group", name="Particulars of thread.created")).to_contain_text("Much ado")
    assert page.url.endswith("?at=2")
    axe(page)
    fits(page)
    shot(page, "room-event")
    page = visit(f"/rooms/{room}?at=2")
    expect(page.get_by_role("button", name="Close event 2")).to_be_visible()


def test_a_link_to_an_old_event_shows_it_and_the_way_back_to_the_newest(visit, api, room) -> None:
    fill(api, room, 420)
    last = head(api, room)
    page = visit(f"/rooms/{room}?at=30")
    expect(page.get_by_role("button", name="Close event 30")).to_be_in_viewport()
    expect(page.locator(".connection")).to_contain_text("Paused")
    page.keyboard.press("End")
    expect(page.locator(f'[data-seq="{last}"]')).to_be_in_viewport()
    expect(page.locator(".connection")).to_have_text(f"Live, at {last}")


def test_older_events_are_read_by_pages_without_gap(visit, api, room) -> None:
    fill(api, room, 450)
    page = visit(f"/rooms/{room}")
    last = head(api, room)
    expect(page.locator(f'[data-seq="{last}"]')).to_be_in_viewport()
    assert page.evaluate(SEEN)[0] > 200
    assert walk_up(page) == list(range(1, last + 1))


def test_whoever_reads_above_is_told_what_is_new_and_stays(visit, api, room) -> None:
    thread = fill(api, room, 60)
    page = visit(f"/rooms/{room}")
    log = page.get_by_role("log", name="Events").locator(".vlist")
    expect(page.locator(".connection")).to_contain_text("Live")
    log.evaluate("(list) => { list.scrollTop = 100; }")
    expect(page.locator(".connection")).to_have_text("Paused")
    first = page.evaluate(SEEN)
    for number in range(3):
        api.post(f"/v1/threads/{thread}/messages", {"content_md": f"New {number}"})
    expect(page.get_by_role("button", name="3 new")).to_be_visible()
    expect(page.locator(".connection")).to_have_text("Paused, 3 new")
    assert page.evaluate(SEEN) == first
    page.keyboard.press("End")
    expect(page.get_by_text("New 2")).to_be_in_viewport()
    expect(page.locator(".connection")).to_contain_text("Live")
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "Comes by itself"})
    expect(page.get_by_text("Comes by itself")).to_be_in_viewport()


def test_a_stream_that_breaks_goes_on_without_gap_or_duplicate(visit, api, room, faults, watch) -> None:
    thread = fill(api, room, 5)
    page = visit(f"/rooms/{room}")
    expect(page.locator(".connection")).to_contain_text("Live")
    faults.repeat("message.posted")
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "Told twice"})
    expect(page.get_by_text("Told twice")).to_have_count(1)
    expect(page.locator(".table-foot")).to_contain_text("1 duplicates left out")
    faults.drop("message.posted")
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "Never told"})
    eventually(lambda: faults.is_spent, within=20)
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "Told after it"})
    expect(page.get_by_text("Told after it")).to_be_visible()
    expect(page.get_by_text("Never told")).to_have_count(1)
    expect(page.locator(".table-foot")).to_contain_text("1 gaps read again")
    watch.foresee("ERR_|status of 503")
    faults.answer(503, "^/v1/streams", times=1)
    assert faults.cut() > 0
    api.post(f"/v1/threads/{thread}/messages", {"content_md": "While it was away"})
    expect(page.get_by_text("While it was away")).to_have_count(1)
    expect(page.locator(".table-foot")).to_contain_text("reconnected")
    assert walk_up(page) == list(range(1, head(api, room) + 1))


def test_the_keyboard_moves_through_events(visit, api, room) -> None:
    fill(api, room, 8)
    page = visit(f"/rooms/{room}")
    last = head(api, room)
    entries(page).last.focus()
    page.keyboard.press("k")
    expect(page.locator(f'[data-seq="{last - 1}"]')).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator('[data-seq="1"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close event 1")).to_be_visible()


def test_threads_are_listed_begun_and_filtered(visit, api, room, fits) -> None:
    page = visit(f"/rooms/{room}")
    expect(page.get_by_text("No thread yet")).to_be_visible()
    fill(api, room, 2)
    threads = page.get_by_role("region", name="Threads")
    expect(threads.get_by_role("listitem")).to_contain_text("Much ado")
    expect(threads.get_by_role("listitem")).to_contain_text("2 messages")
    page.keyboard.press("n")
    page.keyboard.type("About nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="About nothing")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("The thread is archived:")).to_be_visible()
    page.get_by_role("link", name="To the room").click()
    expect(threads.get_by_role("listitem")).to_have_count(1)
    threads.get_by_role("button", name="Archived").click()
    expect(threads.get_by_role("listitem")).to_contain_text("About nothing")


def test_a_room_that_is_not_there_says_so(visit, watch) -> None:
    watch.foresee("status of 404")
    page = visit("/rooms/room_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    expect(page.get_by_text("There is no such thing here")).to_be_visible()
