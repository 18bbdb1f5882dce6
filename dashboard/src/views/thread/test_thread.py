# SPDX-License-Identifier: Apache-2.0

import pytest
from playwright.sync_api import Page, expect
from suite import eventually


@pytest.fixture
def thread(api) -> tuple[str, str]:
    room = api.post("/v1/rooms", {"name": "Talk"})["room_id"]
    return room, api.post(f"/v1/rooms/{room}/threads", {"title": "About <i>this</i>"})["thread_id"]


def said(api, thread: str) -> list[str]:
    return [one["content_md"] for one in api.get(f"/v1/threads/{thread}/messages")["items"]]


def messages(page: Page):
    return page.get_by_role("article")


def test_a_message_is_written_seen_at_once_and_posted_once(visit, api, thread, axe, fits, shot) -> None:
    room, name = thread
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(page.get_by_text("Nothing was said yet")).to_be_visible()
    axe(page)
    shot(page, "thread-empty")
    page.keyboard.press("m")
    page.keyboard.type("Hello **there**")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="How it will look").locator("strong")).to_have_text("there")
    axe(page)
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.press("Control+Enter")
    expect(messages(page)).to_have_count(1)
    expect(messages(page)).to_contain_text("#1")
    expect(messages(page).locator("strong")).to_have_text("there")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    assert said(api, name) == ["Hello **there**"]
    first = api.get(f"/v1/threads/{name}/messages")["items"][0]["message_id"]
    api.post(f"/v1/threads/{name}/messages", {"content_md": "Somebody else", "in_reply_to": first})
    expect(messages(page).nth(1)).to_contain_text("answers #1")
    page.get_by_role("button", name="Answer message 2").click()
    expect(page.get_by_text("Answers message #2")).to_be_visible()
    page.keyboard.type("And back")
    page.keyboard.press("Control+Enter")
    expect(messages(page).nth(2)).to_contain_text("answers #2")
    axe(page)
    fits(page)
    shot(page, "thread")


def test_what_could_not_be_sent_stays_in_place_and_is_sent_once(visit, api, thread, faults, watch, axe, shot) -> None:
    watch.foresee("status of 500|ERR_")
    room, name = thread
    page = visit(f"/rooms/{room}/threads/{name}")
    faults.answer(500, "/messages", method="POST", times=1, detail="Not now.")
    page.get_by_label("Message", exact=True).fill("Keep me")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not sent: Not now.")
    axe(page)
    shot(page, "thread-failed")
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(messages(page)).to_contain_text("Keep me")
    page.get_by_role("button", name="Send again").click()
    expect(messages(page)).to_contain_text("#1")
    assert said(api, name) == ["Keep me"]


def test_a_lost_answer_posts_nothing_twice(visit, api, thread, faults, watch) -> None:
    watch.foresee("ERR_")
    room, name = thread
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(page.locator(".connection")).to_have_text("Live")
    # The message arrives, its answer does not.
    lost = []
    def lose(route) -> None:
        lost.append(route.fetch().status)
        route.abort()
    page.route("**/messages", lambda route: lose(route) if route.request.method == "POST" and not lost else route.continue_())
    page.get_by_label("Message", exact=True).fill("Only once")
    page.keyboard.press("Control+Enter")
    # The stream tells of it by its key, whatever became of the answer.
    expect(messages(page)).to_have_count(1)
    expect(messages(page)).to_contain_text("#1")
    eventually(lambda: bool(lost), within=10)
    assert said(api, name) == ["Only once"]


def test_drafts_survive_a_reload(visit, api, thread) -> None:
    room, name = thread
    page = visit(f"/rooms/{room}/threads/{name}")
    page.get_by_label("Message", exact=True).fill("Half a thou")
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a thou")
    page.keyboard.press("m")
    page.keyboard.press("End")
    page.keyboard.type("ght")
    page.keyboard.press("Control+Enter")
    expect(messages(page)).to_contain_text("Half a thought")
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(messages(page)).to_contain_text("#1")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


def test_older_messages_are_read_by_pages(visit, api, thread) -> None:
    room, name = thread
    for number in range(1, 131):
        api.post(f"/v1/threads/{name}/messages", {"content_md": f"Number {number}"})
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(page.get_by_text("Number 130", exact=True)).to_be_in_viewport()
    log = page.get_by_role("log", name="Messages").locator(".vlist")
    def at_the_beginning() -> bool:
        log.evaluate("(list) => { list.scrollTop -= 600; }")
        return page.get_by_text("Number 1", exact=True).count() == 1
    eventually(at_the_beginning, within=30)


def test_an_archived_thread_takes_nothing(visit, api, thread, watch) -> None:
    watch.foresee("status of 409")
    room, name = thread
    page = visit(f"/rooms/{room}/threads/{name}")
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Too late")
    # Archived by somebody else, and this page has not heard of it yet.
    page.route(f"**/v1/threads/{name}", lambda route: route.abort())
    watch.foresee("ERR_FAILED")
    api.patch(f"/v1/threads/{name}", {"archived": True})
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("Not sent:")
    page.unroute_all()
    api.patch(f"/v1/threads/{name}", {"archived": False})
    page.get_by_role("button", name="Send again").click()
    expect(messages(page)).to_contain_text("#1")
