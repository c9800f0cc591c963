"""How the app looks: against pictures of how it looked, and in numbers.

The pictures are in looks/. After a change that is meant, look at those in artifacts/, and then

    ELVISBOT_NEW_LOOKS=1 python -m pytest tests/web/test_browser_looks.py
"""

import gzip
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, expect

from elvisbot.web import STATIC
from tests.web.browsing import (
    FIRST_PAINT,
    SIZES,
    Open,
    Scheme,
    artifact,
    bubble,
    field,
    message,
    row,
    send,
    wait_for_bubbles,
)
from tests.web.repliers import Scripted, said

LOOKS = Path(__file__).parent / "looks"

NOW = datetime(2026, 3, 4, 14, 33, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1, hours=2)
TODAY = NOW - timedelta(minutes=12)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


TALK = [
    message("them", "are you around this weekend?", YESTERDAY, answered=True),
    message("me", "ya i think so. maybe at moms on saturday", YESTERDAY + seconds(40)),
    message(
        "them",
        "Yeah! leaving around 5",
        YESTERDAY + seconds(120),
        reactions=[{"from": "me", "kind": "loved"}],
    ),
    message("them", "should I bring anything", YESTERDAY + seconds(129), answered=True),
    message("me", "omg yes", YESTERDAY + seconds(180)),
    message(
        "me",
        "bring the good chips. the ones from that place on 4th, they close at 6 so go before",
        YESTERDAY + seconds(189),
    ),
    message("me", "😂", YESTERDAY + seconds(192)),
    message("them", "found them https://example.com/chips/kettle-sea-salt", TODAY, answered=True),
    message(
        "me",
        "yesss",
        TODAY + seconds(50),
        id="yesss",
        reactions=[{"from": "them", "kind": "liked"}],
    ),
    message("me", "ur the best", TODAY + seconds(55)),
    message("them", "❤️🎉", TODAY + seconds(120), answered=True),
    message(
        "them",
        "see you soon",
        TODAY + seconds(125),
        replyTo="yesss",
        answered=True,
        readAt=int((TODAY + seconds(130)).timestamp() * 1000),
    ),
]

_SAME_FONT = """* { font-family: "Inter Variable", sans-serif !important;
  animation: none !important; transition: none !important; caret-color: transparent !important }"""

EMOJI = ".jumbo, .badge, .menu-bar button"
"""Every system draws them in its own way."""

UNLIKE = 0.0006
"""A share of the area. All of the tails together are half as much again."""


@pytest.fixture
def opened(open_app: Open, serve: Callable[..., str]) -> Callable[..., Page]:
    def open_at(size: str, scheme: Scheme, *more: dict[str, Any], greeted: bool = True) -> Page:
        page: Page = open_app(
            serve(Scripted(*said("on my way", seconds=60))),
            size=size,
            scheme=scheme,
            scale=1,
            messages=[*TALK, *more] if greeted else [],
            greeted=greeted,
            browser_options={"timezone_id": "UTC", "bypass_csp": True},
        )
        page.clock.set_fixed_time(NOW)
        page.reload()
        page.add_style_tag(content=_SAME_FONT)
        page.evaluate("document.fonts.ready.then(() => true)")
        page.wait_for_timeout(300)
        return page

    return open_at


def same(page: Page, name: str) -> None:
    """Compare the screen with its picture."""
    shot = page.screenshot(mask=[page.locator(EMOJI)], mask_color="#808080")
    artifact(name).write_bytes(shot)
    kept = LOOKS / f"{name}.png"
    if os.environ.get("ELVISBOT_NEW_LOOKS"):
        LOOKS.mkdir(exist_ok=True)
        _image(shot).quantize(128).save(kept, optimize=True)
    assert kept.exists(), "There is no picture of it yet: see above."
    assert difference(_image(shot), _image(kept.read_bytes())) < UNLIKE


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of the area that differs by more than the edges of letters do."""
    assert one.size == other.size
    small = (one.width // 2, one.height // 2)
    changes = ImageChops.difference(one.resize(small), other.resize(small)).convert("L")
    return sum(changes.point(lambda value: value > 24).histogram()[1:]) / (small[0] * small[1])


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_a_conversation(opened: Callable[..., Page], size: str, scheme: Scheme) -> None:
    page = opened(size, scheme)
    same(page, f"conversation-{size}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_menu(opened: Callable[..., Page], scheme: Scheme) -> None:
    page = opened("phone", scheme)
    bubble(page, "omg yes").dblclick()
    page.mouse.move(0, 0)
    same(page, f"menu-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_contact_card(opened: Callable[..., Page], scheme: Scheme) -> None:
    page = opened("phone", scheme)
    page.get_by_role("button", name="contact card").click()
    same(page, f"card-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_greeting(opened: Callable[..., Page], scheme: Scheme) -> None:
    page = opened("phone", scheme, greeted=False)
    expect(page.get_by_role("button", name="Start texting")).to_be_visible()
    same(page, f"greeting-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_not_delivered(opened: Callable[..., Page], scheme: Scheme) -> None:
    later = TODAY + seconds(300)
    lost = [
        message("them", text, later + seconds(number), failed=True)
        for number, text in enumerate(("are you there?", "hello"))
    ]
    page = opened("phone", scheme, *lost)
    expect(page.get_by_role("button", name="Not Delivered")).to_be_visible()
    same(page, f"not-delivered-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_reply_that_broke_off(opened: Callable[..., Page], scheme: Scheme) -> None:
    later = TODAY + seconds(300)
    half = message("me", "well, the thing is", later, unfinished=True)
    page = opened("phone", scheme, half)
    expect(page.get_by_role("button", name="Reply interrupted")).to_be_visible()
    same(page, f"broke-off-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_typing_on_both_sides(opened: Callable[..., Page], scheme: Scheme) -> None:
    page = opened("phone", scheme)
    send(page, "hey")
    expect(page.get_by_test_id("typing")).to_be_visible()
    same(page, f"typing-{scheme}")


def test_a_change_of_the_look_is_noticed(opened: Callable[..., Page]) -> None:
    page = opened("phone", "light")
    shot = page.screenshot(mask=[page.locator(EMOJI)], mask_color="#808080")
    kept = _image((LOOKS / "conversation-phone-light.png").read_bytes())
    assert difference(_image(shot), kept) < UNLIKE
    for change in (
        ".bubble { border-radius: 8px !important }",
        ".tail::after { display: none }",
        ".row { margin-top: 6px !important }",
        ".sent .bubble { background: #34c759 !important }",
    ):
        tag = page.add_style_tag(content=change)
        changed = page.screenshot(mask=[page.locator(EMOJI)], mask_color="#808080")
        assert difference(_image(changed), kept) > UNLIKE, change
        tag.evaluate("tag => tag.remove()")


# In numbers


def style(page: Page, selector: str, *names: str) -> list[str]:
    found: list[str] = page.locator(selector).last.evaluate(
        "(element, names) => names.map(name => getComputedStyle(element)[name])", list(names)
    )
    return found


COLOURS = {
    "light": ("rgb(0, 122, 255)", "rgb(233, 233, 235)", "rgb(0, 0, 0)"),
    "dark": ("rgb(10, 132, 255)", "rgb(38, 37, 42)", "rgb(255, 255, 255)"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_type_and_measures(opened: Callable[..., Page], scheme: Scheme) -> None:
    page = opened("phone", scheme)
    sent, received, text = COLOURS[scheme]
    mine = '[data-from="them"]:not(.jumbo)'
    theirs = '[data-from="me"]:not(.jumbo)'
    assert style(page, mine, "backgroundColor", "color") == [sent, "rgb(255, 255, 255)"]
    assert style(page, theirs, "backgroundColor", "color") == [received, text]
    assert style(page, mine, "fontSize", "lineHeight", "letterSpacing", "borderRadius") == [
        "17px",
        "22px",
        "-0.43px",
        "18px",
    ]
    assert style(page, ".jumbo", "backgroundColor") == ["rgba(0, 0, 0, 0)"]
    assert float(style(page, ".jumbo", "fontSize")[0].removesuffix("px")) >= 48
    assert page.locator(".pill").bounding_box()["height"] == 40
    assert float(style(page, "textarea", "fontSize")[0].removesuffix("px")) >= 16


def test_bubbles_are_as_wide_as_their_longest_line_and_three_quarters_at_most(
    opened: Callable[..., Page],
) -> None:
    page = opened("phone", "light")
    column = page.locator(".column").evaluate("column => column.clientWidth - 32")
    for each in page.locator(".bubble:not(.jumbo)").all():
        box, lines = each.evaluate(
            """bubble => {
              const range = document.createRange();
              range.selectNodeContents(bubble);
              const lines = [...range.getClientRects()];
              const width = Math.max(...lines.map(line => line.right))
                - Math.min(...lines.map(line => line.left));
              return [bubble.getBoundingClientRect().width, width];
            }"""
        )
        assert box <= 0.75 * column + 1
        assert box - lines - 26 <= 1.5


def test_runs_stamps_tails_and_the_receipt(opened: Callable[..., Page]) -> None:
    page = opened("desktop", "light")

    def gap(upper: str, lower: str) -> float:
        above, below = bubble(page, upper).bounding_box(), bubble(page, lower).bounding_box()
        return round(below["y"] - above["y"] - above["height"])

    assert gap("Yeah! leaving around 5", "should I bring anything") == 2
    assert gap("should I bring anything", "omg yes") == 8
    stamps = page.locator(".stamp").all_inner_texts()
    assert [" ".join(text.split()) for text in stamps] == ["Yesterday 12:33 PM", "Today 2:21 PM"]
    tails = page.locator(".bubble.tail").all_inner_texts()
    assert "should I bring anything" in tails
    assert "Yeah! leaving around 5" not in tails
    assert page.locator(".receipt").all_inner_texts() == ["Read 2:23 PM"]
    assert "Read" in row(page, "see you soon").inner_text()


def test_dots_breathe_and_bubbles_spring(opened: Callable[..., Page], open_app: Open) -> None:
    page = open_app()
    send(page, "hey")
    expect(page.get_by_test_id("typing")).to_be_visible()
    dots = page.get_by_test_id("typing").locator("span")
    loops = dots.evaluate_all(
        """dots => dots.map(dot => {
          const style = getComputedStyle(dot);
          return [style.animationDuration, style.animationDelay];
        })"""
    )
    assert loops == [["1.2s", "0s"], ["1.2s", "0.2s"], ["1.2s", "0.4s"]]
    assert style(page, ".row.sent .bubble", "animationName") == ["leave-composer"]


def test_the_view_follows_only_who_reads_the_latest(
    open_app: Open, serve: Callable[..., str]
) -> None:
    lines = [message("me", f"line {number}", NOW + seconds(number)) for number in range(60)]
    page = open_app(serve(Scripted(*said("one"), 1.0, *said("two"))), messages=lines)
    log = page.get_by_role("log")
    send(page, "hey")
    expect(bubble(page, "hey")).to_be_in_viewport()
    wait_for_bubbles(page, "me", 61)
    expect(bubble(page, "one")).to_be_in_viewport()
    log.evaluate("log => log.scrollBy(0, -300)")
    wait_for_bubbles(page, "me", 62)
    page.wait_for_timeout(300)
    expect(bubble(page, "two")).not_to_be_in_viewport()
    send(page, "down again")
    expect(bubble(page, "down again")).to_be_in_viewport()


def test_a_growing_composer_leaves_the_latest_in_view(open_app: Open) -> None:
    page = open_app(
        messages=[message("me", f"line {number}", NOW + seconds(number)) for number in range(60)]
    )
    below = "log => log.scrollHeight - log.clientHeight - log.scrollTop"
    field(page).focus()
    page.keyboard.type("a reply that is long enough to take two lines here, and then goes on")
    page.keyboard.press("Backspace")
    page.wait_for_timeout(200)
    assert field(page).bounding_box()["height"] > 50
    assert page.get_by_role("log").evaluate(below) <= 1


def test_a_keyboard_that_covers_the_page_leaves_composer_and_latest_in_view(
    open_app: Open,
) -> None:
    page = open_app(
        messages=[message("me", f"line {number}", NOW + seconds(number)) for number in range(60)]
    )
    # As Safari on a phone tells of its keyboard: the page stays as high as it was.
    page.evaluate(
        """() => {
          Object.defineProperty(visualViewport, "height", { value: 400, configurable: true });
          visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    page.wait_for_timeout(200)
    box = page.locator(".composer").bounding_box()
    assert round(box["y"] + box["height"]) == 400
    latest = bubble(page, "line 59").bounding_box()
    assert latest["y"] + latest["height"] < box["y"]


# What it costs


def test_it_is_small_and_quickly_there(open_app: Open) -> None:
    scripts = list(STATIC.rglob("*.js"))
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) <= 110 * 1024
    page = open_app(messages=TALK)
    painted = []
    for _ in range(3):
        page.reload()
        expect(field(page)).to_be_visible()
        painted.append(page.evaluate(FIRST_PAINT))
    assert min(painted) < 1_000


def test_what_an_audit_looks_for(open_app: Open) -> None:
    page = open_app(messages=TALK)
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.reload()
    wait_for_bubbles(page, "me", 6)
    page.wait_for_timeout(500)
    origin = page.evaluate("location.origin")
    assert all(url.startswith(origin) for url in requested)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("meta[name=description]").count() == 1
    viewport = page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "width=device-width" in viewport
    assert "user-scalable" not in viewport
    assert "maximum-scale" not in viewport
    shifted = page.evaluate(
        """() => new Promise(resolve => new PerformanceObserver(list => resolve(
          list.getEntries().reduce((sum, entry) => sum + entry.value, 0),
        )).observe({ type: "layout-shift", buffered: true }) || setTimeout(resolve, 300, 0))"""
    )
    assert shifted < 0.1
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert min(box["height"], box["width"]) >= 24
    script = page.locator("script[type=module]").get_attribute("src")
    headers = page.request.get(origin + script).headers
    assert "immutable" in headers["cache-control"]
