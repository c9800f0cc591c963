"""For everybody: screen readers, keyboards, large type, contrast, less motion, other scripts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsing import (
    Open,
    Scheme,
    artifact,
    bubble,
    bubbles,
    field,
    message,
    send,
    wait_for_bubbles,
)
from tests.web.repliers import Scripted, said

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"

NOON = datetime.now(UTC).replace(hour=12, minute=32, second=0, microsecond=0) - timedelta(days=1)
JAPANESE = "今日は遅くなるかも。先に始めててね！ビールは冷蔵庫に入ってるから、どうぞ。"
TALK = [
    message("them", "on se voit à quelle heure ? j’arrive vers 19 h 😊", NOON, answered=True),
    message("me", JAPANESE, NOON + timedelta(minutes=1)),
    message("me", "متى تصل؟ See you at 7", NOON + timedelta(minutes=2)),
    message(
        "them",
        "see https://example.com",
        NOON + timedelta(minutes=3),
        answered=True,
        reactions=[{"from": "me", "kind": "loved"}],
    ),
    message("me", "🎉", NOON + timedelta(minutes=4)),
]


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds: each rule that is broken, and where."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(rule["id"], node["target"][0]) for rule in found for node in rule["nodes"]]


def greeting(page: Page) -> None:
    page.evaluate("localStorage.clear(); indexedDB.deleteDatabase('elvisbot')")
    page.reload()
    expect(page.get_by_role("button", name="Start texting")).to_be_visible()


def typing(page: Page) -> None:
    send(page, "hey")
    expect(page.get_by_test_id("typing")).to_be_visible()


def writing(page: Page) -> None:
    field(page).fill("something")


def menu(page: Page) -> None:
    bubble(page, "🎉").dblclick()
    expect(page.get_by_role("button", name="Loved")).to_be_visible()


def any_emoji(page: Page) -> None:
    menu(page)
    page.get_by_role("button", name="Any emoji").click()


def replying(page: Page) -> None:
    menu(page)
    page.get_by_role("button", name="Reply").click()
    send(page, "yes!")
    menu(page)
    page.get_by_role("button", name="Reply").click()


def card(page: Page) -> None:
    page.get_by_role("button", name="contact card").click()
    page.get_by_role("switch", name="Sound").click()


def deleting(page: Page) -> None:
    page.get_by_role("button", name="contact card").click()
    page.get_by_role("button", name="Delete conversation").click()


def not_delivered(page: Page) -> None:
    page.context.set_offline(True)
    send(page, "hey")
    expect(page.get_by_role("button", name="Not Delivered")).to_be_visible()


def elsewhere(page: Page) -> None:
    page.context.new_page().goto(page.url)
    expect(page.get_by_text("Open in another tab")).to_be_visible()


def resting(page: Page) -> None:
    expect(bubble(page, "🎉")).to_be_visible()


STATES = [
    *(resting, writing, typing, menu, any_emoji, replying, card, deleting, not_delivered),
    *(elsewhere, greeting),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_any_state_but_the_white_on_blue_of_imessage(
    open_app: Open, serve: Callable[..., str], state: Callable[[Page], None], scheme: Scheme
) -> None:
    page: Page = open_app(
        serve(Scripted(*said("a long time in the making", seconds=5))),
        messages=TALK,
        scheme=scheme,
        browser_options={"contrast": "more"},
        tolerated=["net::ERR_INTERNET_DISCONNECTED"],
    )
    state(page)
    page.wait_for_timeout(400)
    assert violations(page) == []
    # 4.0:1, which is what iMessage has; who asks their system for more contrast gets twice that.
    page.emulate_media(contrast="no-preference")
    for rule, where in violations(page):
        assert rule == "color-contrast"
        assert page.locator(where).evaluate("element => element.closest('.sent .bubble') !== null")


def test_everything_works_by_keyboard_alone(open_app: Open, serve: Callable[..., str]) -> None:
    page = open_app(serve(Scripted(*said("yo"))), greeted=False)
    expect(page.get_by_role("button", name="Start texting")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field(page)).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    wait_for_bubbles(page, "me", 1)
    assert bubbles(page, "them") == ["one\ntwo"]
    page.keyboard.press("Shift+Tab")
    expect(page.locator(":focus")).to_have_attribute("data-message", "the bubble yo")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Liked
    expect(page.get_by_test_id("reaction")).to_have_attribute("data-kind", "liked")
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")  # the contact card
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="contact card")).to_be_focused()


def test_a_message_is_read_with_who_said_it_and_when(open_app: Open) -> None:
    page = open_app(messages=TALK, browser_options={"timezone_id": "UTC"})
    name = page.locator("[data-message]", has_text="今日は").aria_snapshot()
    assert f'group "Elvis, 12:33 PM: {JAPANESE}"' in name
    name = page.locator("[data-message]", has_text="see https").aria_snapshot()
    assert 'group "You, 12:35 PM: see https://example.com Elvis loved this."' in name


def test_each_new_message_is_announced_once_and_nothing_else_is(
    open_app: Open, serve: Callable[..., str]
) -> None:
    page = open_app(serve(Scripted(*said("yo", "you?", seconds=0.3))), messages=TALK)
    page.evaluate(_ANNOUNCED)
    send(page, "hey")
    wait_for_bubbles(page, "me", 5)
    expect(page.get_by_test_id("typing")).to_have_count(0)
    page.wait_for_timeout(300)
    announced = [text.split(": ")[-1] for text in page.evaluate("announced")]
    assert announced == ["hey", "yo", "you?"]


# What is added to a live region is read, unless it is within a part of it that is not live.
_ANNOUNCED = """() => {
  globalThis.announced = [];
  const log = document.querySelector('[role="log"]');
  const say = node => {
    const element = node instanceof Element ? node : node.parentElement;
    if (element?.closest("[aria-live]") !== log) return;
    const copy = element.cloneNode(true);
    for (const off of copy.querySelectorAll('[aria-live="off"]')) off.remove();
    if (copy.textContent.trim()) announced.push(copy.textContent.trim());
  };
  new MutationObserver(changes => {
    for (const change of changes) change.addedNodes.forEach(say);
  }).observe(log, { childList: true, subtree: true });
}"""


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_twice_as_large_nothing_is_cut_off(open_app: Open, size: str) -> None:
    page = open_app(size=size, messages=TALK)
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    page.set_viewport_size({"width": width // 2, "height": height // 2})
    page.screenshot(path=artifact(f"zoomed-{size}"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator('[role="log"]').evaluate("log => log.scrollWidth <= log.clientWidth")
    for name in ("contact card", "Send"):
        field(page).fill("hey")
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width // 2
        assert box["y"] + box["height"] <= height // 2
    page.get_by_role("button", name="contact card").click()
    page.get_by_role("button", name="Delete conversation").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Delete conversation")).to_be_in_viewport()


def test_who_wants_less_motion_sees_none(open_app: Open) -> None:
    page = open_app(messages=TALK, browser_options={"reduced_motion": "reduce"})
    send(page, "hey")
    expect(page.get_by_test_id("typing")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


def test_who_wants_more_contrast_gets_seven_to_one_in_bubbles(open_app: Open) -> None:
    page = open_app(messages=TALK, browser_options={"contrast": "more"})
    colour = bubble(page, "see https://example.com").evaluate(
        "bubble => getComputedStyle(bubble).backgroundColor"
    )
    assert colour == "rgb(0, 64, 221)"


def test_each_script_has_its_direction_and_its_own_line_breaks(open_app: Open) -> None:
    page = open_app(size="small", messages=TALK)
    directions = page.get_by_test_id("bubble").evaluate_all(
        "bubbles => bubbles.map(bubble => getComputedStyle(bubble).direction)"
    )
    assert directions == ["ltr", "ltr", "rtl", "ltr", "ltr"]
    send(page, "مرحبا " * 12)
    box = bubble(page, ("مرحبا " * 12).strip()).bounding_box()
    log = page.get_by_role("log").bounding_box()
    assert box["x"] + box["width"] > log["width"] - 30  # still on the visitor's side
    page.screenshot(path=artifact("scripts"))
    # Japanese has no spaces, and breaks all the same.
    assert bubble(page, TALK[1]["text"]).bounding_box()["height"] > 50
    assert TALK[0]["text"] in bubbles(page, "them")
