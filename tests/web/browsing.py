"""Driving the app in a real Chromium: opening it, what it holds, and what is on the screen."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Locator, Page, expect

Scheme = Literal["light", "dark"]
Open = Callable[..., Page]
"""The fixture `open_app`."""

ARTIFACTS: Final = Path(__file__).parents[2] / "artifacts"
"""Screenshots for a person to look at; not in the repository."""

SIZES: Final = {
    "phone": (390, 844),
    "small": (320, 568),
    "tablet": (820, 1180),
    "desktop": (1280, 800),
}
"""Viewports, in CSS pixels."""

FIRST_PAINT: Final = """() => new Promise(resolve => new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
}).observe({ type: "paint", buffered: true }))"""
"""Milliseconds until there is something to see."""

_FILL: Final = """([bot, messages, greeted]) => new Promise((resolve, reject) => {
  const seen = { greeted: greeted ? [bot] : [] };
  localStorage.setItem("elvisbot.preferences", JSON.stringify(seen));
  const request = indexedDB.open("elvisbot", 2);
  request.onerror = () => reject(request.error);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("messages", { keyPath: ["bot", "position"] });
    request.result.createObjectStore("cards");
  };
  request.onsuccess = () => {
    const transaction = request.result.transaction("messages", "readwrite");
    const store = transaction.objectStore("messages");
    messages.forEach((message, position) => store.put({ bot, position, message }));
    transaction.oncomplete = () => { request.result.close(); resolve(); };
    transaction.onabort = () => reject(transaction.error);
  };
})"""


def message(sender: str, text: str, at: datetime, **more: Any) -> dict[str, Any]:
    """A message as the app stores it."""
    key = f"{sender} {at.isoformat()} {text}"[:60]
    return {"id": key, "from": sender, "text": text, "sentAt": _milliseconds(at)} | more


def fill(
    page: Page,
    address: str,
    *,
    bot: str = "Elvis",
    messages: Sequence[dict[str, Any]] = (),
    greeted: bool = True,
) -> None:
    """Make this the browser of a visitor who has been here before, with what was said then.

    Args:
        greeted: Whether they have seen the contact card.
    """
    page.goto(f"{address}/icon.svg")
    page.evaluate(_FILL, [bot, list(messages), greeted])


def field(page: Page) -> Locator:
    """Where the visitor writes."""
    return page.get_by_role("textbox", name="Message", exact=True)


def send(page: Page, text: str) -> None:
    field(page).fill(text)
    page.keyboard.press("Enter")


def bubble(page: Page, text: str) -> Locator:
    """The latest bubble that says exactly this."""
    exactly = re.compile(f"^{re.escape(text)}$")
    return page.get_by_test_id("bubble").filter(has_text=exactly).last


def row(page: Page, text: str) -> Locator:
    """All that belongs to a bubble: reactions, a quote, the receipt."""
    return page.get_by_test_id("row").filter(has=bubble(page, text))


def bubbles(page: Page, sender: str) -> list[str]:
    """What one side has said: "me" is the bot, "them" the visitor."""
    found = page.locator(f'[data-testid="bubble"][data-from="{sender}"]')
    return [text.strip() for text in found.all_inner_texts()]


def wait_for_bubbles(page: Page, sender: str, count: int, timeout: float = 20_000) -> None:
    found = page.locator(f'[data-testid="bubble"][data-from="{sender}"]')
    expect(found).to_have_count(count, timeout=timeout)


def artifact(name: str) -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS / f"{name}.png"


def _milliseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)
