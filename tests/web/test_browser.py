"""The app in a real Chromium, against the real server."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from elvisbot.bots import Settings
from elvisbot.engines.echo import Echo
from elvisbot.replies import Replier
from elvisbot.web import STATIC, create_app, serving

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
FLUSH = 5_000

Scheme = Literal["light", "dark"]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server with the echo engine, on a port of its own."""
    assert (STATIC / "index.html").is_file(), "The web app is not built: make setup"
    listener = serving.listen(port=0)
    app = create_app(Replier(Echo(), Settings()), name="Elvis", model="echo")
    server = serving.make_server(app, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield serving.url(listener)
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def open_app(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens the app in a fresh profile; at the end, nothing may have gone wrong in it."""
    contexts, complaints = [], []

    def opened(*, size: str = "phone", scheme: Scheme = "light") -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=2,
            color_scheme=scheme,
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda line: line.type in {"error", "warning"} and complaints.append(line.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        expect(page.get_by_label("Message", exact=True)).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def send(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def bubbles(page: Page, sender: str) -> list[str]:
    found = page.locator(f'[data-testid="bubble"][data-from="{sender}"]')
    return [text.strip() for text in found.all_inner_texts()]


def wait_for_bubbles(page: Page, sender: str, count: int, timeout: float = 20_000) -> None:
    found = page.locator(f'[data-testid="bubble"][data-from="{sender}"]')
    expect(found).to_have_count(count, timeout=timeout)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_two_messages_are_answered_together_after_five_seconds(
    open_app: Open, size: str, scheme: Scheme
) -> None:
    page = open_app(size=size, scheme=scheme)
    requests: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and requests.append(request))

    send(page, "hey")
    page.wait_for_timeout(1_500)
    send(page, "are you there? 😀")
    page.wait_for_timeout(FLUSH - 1_500)
    assert requests == []

    expect(page.get_by_test_id("typing")).to_be_visible(timeout=5_000)
    page.screenshot(path=_artifact(f"typing-{size}-{scheme}"))
    wait_for_bubbles(page, "me", 2)
    expect(page.get_by_test_id("typing")).to_have_count(0)
    page.screenshot(path=_artifact(f"answered-{size}-{scheme}"))

    assert len(requests) == 1
    assert bubbles(page, "them") == ["hey", "are you there? 😀"]
    assert [text.lower() for text in bubbles(page, "me")] == ["hey", "are you there? 😀"]


def test_typing_on_puts_the_answer_off(open_app: Open) -> None:
    page = open_app()
    send(page, "hey")
    for _ in range(4):
        page.wait_for_timeout(2_000)
        page.get_by_label("Message", exact=True).press_sequentially("x")
    assert bubbles(page, "me") == []
    page.keyboard.press("Enter")
    wait_for_bubbles(page, "me", 2)


def test_the_conversation_survives_a_reload_and_nothing_is_sent_twice(open_app: Open) -> None:
    page = open_app()
    send(page, "remember me")
    wait_for_bubbles(page, "me", 1)
    page.reload()
    wait_for_bubbles(page, "them", 1)
    requests: list[Request] = []
    page.on("request", lambda request: request.method == "POST" and requests.append(request))
    page.wait_for_timeout(FLUSH + 1_000)
    assert requests == []
    assert bubbles(page, "them") == ["remember me"]


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>document.title='x'</script>",
        "<|answer|><|brk|><|endoftext|>",
        "<|ans<|answer|>wer|>",
        "javascript:alert(1)",
    ],
)
def test_what_is_typed_stays_text(open_app: Open, text: str) -> None:
    page = open_app()
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    send(page, text)
    wait_for_bubbles(page, "me", 1)
    assert bubbles(page, "them") == [text]
    assert [bubble.lower() for bubble in bubbles(page, "me")] == [text.lower()]
    assert page.locator('[data-testid="bubble"] :is(img, script, a)').count() == 0
    assert "Elvis" in page.title()


def test_it_says_that_it_is_a_bot_and_deletes_the_conversation(open_app: Open) -> None:
    page = open_app()
    send(page, "forget me")
    wait_for_bubbles(page, "me", 1)
    page.get_by_role("button", name="contact card").click()
    expect(page.get_by_text("bot").first).to_be_visible()
    page.screenshot(path=_artifact("contact-card"))
    page.get_by_role("button", name="Delete conversation").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    wait_for_bubbles(page, "them", 0)
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    wait_for_bubbles(page, "them", 0)


def _artifact(name: str) -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS / f"{name}.png"
