"""Reactions, answers to one message, and copying: by mouse, finger and keyboard."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsing import Open, bubble, field, message, row, send, wait_for_bubbles

NOON = datetime.now(UTC) - timedelta(minutes=10)
TALK = [
    message("them", "are you coming?", NOON, answered=True),
    message("me", "see https://example.com", NOON + timedelta(seconds=20)),
    message("me", "yes", NOON + timedelta(seconds=25)),
    message("me", "soon", NOON + timedelta(seconds=26)),
]


def by_double_click(page: Page) -> None:
    bubble(page, "yes").dblclick()


def by_right_click(page: Page) -> None:
    bubble(page, "yes").click(button="right")


def by_keyboard(page: Page) -> None:
    # The latest message is the one that Tab leads to; from there by arrows.
    field(page).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")


def by_long_press(page: Page) -> None:
    box = bubble(page, "yes").bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 10, "y": box["y"] + 10}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.wait_for_timeout(600)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("way", [by_double_click, by_right_click, by_keyboard, by_long_press])
def test_a_reaction_is_there_also_after_a_reload_and_goes_when_it_is_repeated(
    open_app: Open, way: Callable[[Page], None]
) -> None:
    page = open_app(messages=TALK, browser_options={"has_touch": way is by_long_press})
    way(page)
    page.get_by_role("button", name="Loved").click()
    reaction = row(page, "yes").get_by_test_id("reaction")
    expect(reaction).to_have_attribute("data-kind", "loved")
    expect(reaction).to_contain_text("You loved this.")
    page.reload()
    expect(reaction).to_have_count(1)
    way(page)
    expect(page.get_by_role("button", name="Loved")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Loved").click()
    expect(reaction).to_have_count(0)


def test_a_finger_that_scrolls_opens_nothing(open_app: Open) -> None:
    page = open_app(messages=TALK, browser_options={"has_touch": True})
    box = bubble(page, "yes").bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    for kind, y in (("touchStart", 10), ("touchMove", -20)):
        point = {"x": box["x"] + 10, "y": box["y"] + y}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    page.wait_for_timeout(600)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_any_emoji_can_be_a_reaction_and_nothing_else(open_app: Open) -> None:
    page = open_app(messages=TALK)
    by_double_click(page)
    page.get_by_role("button", name="Any emoji").click()
    typed = page.get_by_role("textbox", name="An emoji to react with")
    typed.fill("x")
    expect(typed).to_have_attribute("aria-invalid", "true")
    typed.fill("🦖")
    expect(row(page, "yes").get_by_test_id("reaction")).to_have_text("🦖 You reacted 🦖 to this.")


def test_one_message_can_be_answered(open_app: Open) -> None:
    page = open_app(messages=TALK)
    by_double_click(page)
    page.get_by_role("button", name="Reply").click()
    expect(field(page)).to_be_focused()
    expect(page.get_by_text("Replying to: yes")).to_be_visible()
    send(page, "when?")
    expect(row(page, "when?")).to_contain_text("In reply to Elvis: yes")
    expect(page.get_by_text("Replying to:")).to_have_count(0)
    wait_for_bubbles(page, "me", 4)
    page.reload()
    expect(row(page, "when?").first).to_contain_text("In reply to Elvis: yes")


def test_an_answer_can_be_thought_better_of(open_app: Open) -> None:
    page = open_app(messages=TALK)
    by_double_click(page)
    page.get_by_role("button", name="Reply").click()
    page.get_by_role("button", name="Cancel reply").click()
    send(page, "when?")
    expect(row(page, "when?")).not_to_contain_text("In reply to")


def test_copying_takes_the_text_as_it_is(open_app: Open) -> None:
    page = open_app(messages=TALK, permissions=["clipboard-read", "clipboard-write"])
    bubble(page, "see https://example.com").dblclick(position={"x": 16, "y": 12})
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("navigator.clipboard.readText()") == "see https://example.com"


def test_escape_and_a_click_outside_close_the_menu_and_the_focus_comes_back(open_app: Open) -> None:
    page = open_app(messages=TALK)
    by_keyboard(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(":focus")).to_contain_text("yes")
    by_double_click(page)
    page.mouse.click(380, 700)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("size", ["small", "phone", "desktop"])
@pytest.mark.parametrize("text", ["are you coming?", "yes", "long"])
def test_the_menu_is_within_the_window_wherever_the_message_is(
    open_app: Open, size: str, text: str
) -> None:
    last = message("me", "long " * 300, NOON + timedelta(seconds=30))
    page = open_app(size=size, messages=[*TALK, last])
    balloon = page.locator("[data-message]", has_text=text).last
    balloon.scroll_into_view_if_needed()
    balloon.focus()
    page.keyboard.press("Enter")
    # Once it has arrived.
    page.wait_for_timeout(400)
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    for name in ("Loved", "Any emoji", "Reply", "Copy"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
