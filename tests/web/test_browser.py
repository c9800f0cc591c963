"""The app in a real Chromium, against the real server."""

import pytest
from playwright.sync_api import Request, expect

from elvisbot.web import api
from tests.web.browsing import (
    Open,
    artifact,
    bubbles,
    field,
    send,
    wait_for_bubbles,
)

FLUSH = 5_000
"""Milliseconds that a burst rests before it is answered."""


def test_two_messages_are_answered_together_after_five_seconds(open_app: Open) -> None:
    page = open_app(flush=api.FLUSH_SECONDS)
    requests: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and requests.append(request))

    send(page, "hey")
    page.wait_for_timeout(1_500)
    send(page, "are you there? 😀")
    page.wait_for_timeout(FLUSH - 1_500)
    assert requests == []

    expect(page.get_by_test_id("typing")).to_be_visible(timeout=5_000)
    wait_for_bubbles(page, "me", 2)
    expect(page.get_by_test_id("typing")).to_have_count(0)

    assert len(requests) == 1
    assert bubbles(page, "them") == ["hey", "are you there? 😀"]
    assert [text.lower() for text in bubbles(page, "me")] == ["hey", "are you there? 😀"]


def test_typing_on_puts_the_answer_off(open_app: Open) -> None:
    page = open_app(flush=1.0)
    send(page, "hey")
    for _ in range(4):
        page.wait_for_timeout(700)
        field(page).press_sequentially("x")
    assert bubbles(page, "me") == []
    page.keyboard.press("Enter")
    wait_for_bubbles(page, "me", 2)


def test_typing_while_the_bot_types_interrupts_it_and_the_burst_grows(open_app: Open) -> None:
    page = open_app()
    requests: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and requests.append(request))
    send(page, "a message that takes a while to be typed by anybody")
    expect(page.get_by_test_id("typing")).to_be_visible()
    field(page).press_sequentially("wait")
    expect(page.get_by_test_id("typing")).to_have_count(0)
    page.keyboard.press("Enter")
    wait_for_bubbles(page, "me", 2)
    said = [len(request.post_data_json["messages"]) for request in requests]
    assert said == [1, 2]


def test_the_conversation_survives_a_reload_and_nothing_is_sent_twice(open_app: Open) -> None:
    page = open_app()
    send(page, "remember me")
    wait_for_bubbles(page, "me", 1)
    page.reload()
    wait_for_bubbles(page, "them", 1)
    requests: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and requests.append(request))
    page.wait_for_timeout(1_500)
    assert requests == []
    assert bubbles(page, "them") == ["remember me"]


def test_a_draft_survives_a_reload(open_app: Open) -> None:
    page = open_app()
    field(page).fill("half a thou")
    page.reload()
    expect(field(page)).to_have_value("half a thou")
    send(page, "half a thought")
    page.reload()
    expect(field(page)).to_have_value("")


def test_the_first_visit_begins_with_the_contact_card(open_app: Open) -> None:
    page = open_app(greeted=False)
    card = page.get_by_role("dialog", name="Elvis")
    expect(card).to_contain_text("This is a bot. It imitates how Elvis texts, but it is not Elvis")
    expect(card).to_contain_text("keeps nothing that you write")
    page.screenshot(path=artifact("greeting"))
    card.get_by_role("button", name="Start texting").click()
    expect(card).to_have_count(0)
    page.reload()
    expect(field(page)).to_be_visible()
    expect(card).to_have_count(0)


def test_it_says_that_it_is_a_bot_and_deletes_the_conversation(open_app: Open) -> None:
    page = open_app()
    send(page, "forget me")
    wait_for_bubbles(page, "me", 1)
    page.get_by_role("button", name="contact card").click()
    expect(page.get_by_text("This is a bot.")).to_be_visible()
    page.screenshot(path=artifact("contact-card"))
    page.get_by_role("button", name="Delete conversation").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    wait_for_bubbles(page, "them", 0)
    page.reload()
    expect(field(page)).to_be_visible()
    wait_for_bubbles(page, "them", 0)


def test_what_comes_unseen_is_counted_in_the_title_until_it_is_seen(open_app: Open) -> None:
    page = open_app()
    page.evaluate(_HIDE, True)
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    expect(page).to_have_title("(1) Elvis")
    page.evaluate(_HIDE, False)
    expect(page).to_have_title("Elvis")


_HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_sound_and_notifications_are_for_those_who_want_them(open_app: Open) -> None:
    page = open_app(permissions=["notifications"])
    page.evaluate(_LISTEN)
    page.get_by_role("button", name="contact card").click()
    for name in ("Sound", "Notifications"):
        switch = page.get_by_role("switch", name=name)
        expect(switch).to_have_attribute("aria-checked", "false")
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")
    page.get_by_role("button", name="Done").click()
    page.evaluate("heard.length = 0")
    page.evaluate(_HIDE, True)
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    page.wait_for_function("heard.length >= 3")
    assert page.evaluate("heard") == [["note"], ["note"], ["Elvis", "hey"]]


_LISTEN = """() => {
  globalThis.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { heard.push(["note"]); start.call(this, at); };
  ServiceWorkerRegistration.prototype.showNotification = async function (title, { body }) {
    heard.push([title, body.toLowerCase()]);
  };
  globalThis.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, { body }) { heard.push([title, body.toLowerCase()]); }
  };
}"""


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no locks, as over plain http"])
def test_of_two_tabs_the_newest_goes_on(open_app: Open, locks: bool) -> None:
    page = open_app()
    if not locks:
        page.context.add_init_script("delete Navigator.prototype.locks")
        page.reload()
    send(page, "one")
    wait_for_bubbles(page, "me", 1)
    other = page.context.new_page()
    other.goto(page.url)
    expect(page.get_by_text("Open in another tab")).to_be_visible()
    send(other, "two")
    wait_for_bubbles(other, "me", 2)
    page.get_by_role("button", name="Use Here").click()
    wait_for_bubbles(page, "me", 2)
    assert bubbles(page, "them") == ["one", "two"]
    expect(other.get_by_text("Open in another tab")).to_be_visible()
