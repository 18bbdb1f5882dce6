# SPDX-License-Identifier: Apache-2.0
"""That the harness would see what it is there to see."""

import pytest
from axe import Axe
from playwright.sync_api import Page, expect
from suite import eventually
from watch import Watch


def test_errors_of_scripts_the_console_and_the_policy_are_heard(page: Page, watch: Watch) -> None:
    page.evaluate("console.error('a word')")
    page.evaluate("setTimeout(() => { throw new Error('a fall') })")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), { text: '1' }))")

    def has_heard_all() -> bool:
        page.evaluate("1")
        heard = "\n".join(watch.heard)
        return "a word" in heard and "a fall" in heard and "policy: script-src" in heard

    eventually(has_heard_all, within=10)
    with pytest.raises(AssertionError, match="a word"):
        watch.close()
    watch.heard.clear()


def test_what_shuts_people_out_and_what_is_too_wide_is_seen(page: Page, fits) -> None:
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert any(one.startswith("image-alt") for one in Axe().violations(page))
    page.evaluate("document.querySelector('main h1').textContent = 'x'.repeat(400)")
    with pytest.raises(AssertionError, match="wider than 320"):
        fits(page)
