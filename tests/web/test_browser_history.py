"""A conversation of ten thousand messages."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.web.browsing import FIRST_PAINT, Open, bubble, field, message, send

MANY = 10_000
START = datetime.now(UTC) - timedelta(days=400)
TALK = [
    message(
        "them" if number // 3 % 2 else "me",
        f"message {number}" + " and so on" * (number % 17),
        START + timedelta(minutes=40 * number // 2),
        id=str(number),
        answered=True,
    )
    for number in range(MANY)
]

_SCROLL = """() => new Promise(resolve => {
  const log = document.querySelector('[role="log"]');
  const frames = [];
  let before = performance.now();
  const step = now => {
    frames.push(now - before);
    before = now;
    log.scrollBy(0, -400);
    if (frames.length < 120) requestAnimationFrame(step); else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})"""


def rows(page: Page) -> int:
    return page.get_by_test_id("row").count()


def test_it_opens_at_once_at_its_end(open_app: Open) -> None:
    page = open_app(messages=TALK)
    expect(bubble(page, TALK[-1]["text"])).to_be_in_viewport()
    assert rows(page) <= 100
    painted = []
    for _ in range(3):  # the others are busy moments of the machine
        page.reload()
        painted.append(page.evaluate(FIRST_PAINT))
    assert min(painted) < 1_000


def test_scrolling_up_brings_older_messages_and_leaves_what_is_read_in_place(
    open_app: Open,
) -> None:
    page = open_app(messages=TALK)
    expect(bubble(page, TALK[-1]["text"])).to_be_in_viewport()
    page.evaluate(
        """() => {
          const log = document.querySelector('[role="log"]');
          log.scrollTop = 790;
          const balloon = [...log.querySelectorAll("[data-message]")]
            .find(each => each.getBoundingClientRect().top > 200);
          globalThis.read = balloon;
          globalThis.top_ = balloon.getBoundingClientRect().top;
        }"""
    )
    page.wait_for_function("document.querySelectorAll('[data-testid=row]').length > 150")
    assert page.evaluate("Math.abs(read.getBoundingClientRect().top - top_)") <= 1


def test_it_scrolls_smoothly_and_to_the_very_beginning(open_app: Open) -> None:
    page = open_app(messages=TALK)
    expect(bubble(page, TALK[-1]["text"])).to_be_in_viewport()
    frames = sorted(page.evaluate(_SCROLL))
    assert rows(page) > 300
    # A frame of 60 a second takes 17 ms; on a busy machine without a graphics card some take more.
    assert frames[len(frames) // 2] < 34
    assert frames[-1] < 400
    log = page.get_by_role("log")
    for _ in range(MANY // 100 + 5):
        if page.get_by_text("This is a bot that imitates").count():
            break
        log.evaluate("log => { log.scrollTop = 0; }")
        page.wait_for_timeout(20)
    expect(bubble(page, TALK[0]["text"])).to_be_attached()


def test_writing_is_as_quick_as_in_a_short_one(open_app: Open) -> None:
    page = open_app(messages=TALK)
    expect(bubble(page, TALK[-1]["text"])).to_be_in_viewport()
    field(page).focus()
    slowest = page.evaluate(
        """() => { globalThis.slow = 0; new PerformanceObserver(list => {
          for (const entry of list.getEntries()) slow = Math.max(slow, entry.duration);
        }).observe({ type: "longtask" }); }"""
    )
    page.keyboard.type("quick brown fox", delay=30)
    slowest = page.evaluate("slow")
    assert slowest < 150
    page.keyboard.press("Enter")
    expect(bubble(page, "quick brown fox")).to_be_in_viewport()
    send(page, "and more")
    expect(bubble(page, "and more")).to_be_in_viewport()
