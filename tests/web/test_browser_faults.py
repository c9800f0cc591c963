"""The app while servers die and networks go: nothing is lost, and nothing is sent twice."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browsing import bubbles, field, fill, row, send, wait_for_bubbles
from tests.web.repliers import Scripted, said

ROOT = Path(__file__).parents[2]


class Process:
    """`tests.web.repliers` as a process of its own, always on the same port."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.web.repliers", str(self.port)]
        self._running = subprocess.Popen(command, cwd=ROOT)
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/healthz", timeout=1).close()
                return
            time.sleep(0.05)
        raise TimeoutError

    def kill(self) -> None:
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()


@pytest.fixture
def server() -> Iterator[Process]:
    process = Process()
    process.start()
    yield process
    process.kill()


@pytest.fixture
def page(chromium: Browser, server: Process) -> Iterator[Page]:
    """The app on a phone; what the browser complains about is no fault here."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    fill(page, server.address)
    page.goto(server.address)
    expect(field(page)).to_be_visible()
    yield page
    context.close()


def requests(page: Page) -> list[int]:
    """The number of messages in each request for a reply from now on."""
    seen: list[int] = []
    page.on(
        "request",
        lambda request: (
            request.method == "POST" and seen.append(len(request.post_data_json["messages"]))
        ),
    )
    return seen


def test_a_server_that_is_killed_in_the_middle_of_a_burst(page: Page, server: Process) -> None:
    send(page, "first")
    server.kill()
    send(page, "second")
    expect(page.get_by_role("button", name="Not Delivered")).to_be_visible(timeout=15_000)
    assert bubbles(page, "them") == ["first", "second"]
    server.start()
    # The app tries again by itself.
    wait_for_bubbles(page, "me", 2)
    assert bubbles(page, "them") == ["first", "second"]
    expect(page.get_by_role("button", name="Not Delivered")).to_have_count(0)


def test_a_server_that_is_killed_in_the_middle_of_a_reply(page: Page, server: Process) -> None:
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    server.kill()
    again = page.get_by_role("button", name="Reply interrupted")
    expect(again).to_be_visible()
    again.click()  # in vain; what came stays
    page.wait_for_timeout(500)
    expect(again).to_be_visible()
    assert bubbles(page, "me") == ["one"]
    server.start()
    again.click()
    wait_for_bubbles(page, "me", 2)
    assert bubbles(page, "me") == ["one", "two"]
    assert bubbles(page, "them") == ["hey"]


def test_half_a_reply_is_still_there_after_a_reload(page: Page, server: Process) -> None:
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    server.kill()
    expect(page.get_by_role("button", name="Reply interrupted")).to_be_visible()
    server.start()
    page.reload()
    wait_for_bubbles(page, "me", 1)
    assert (bubbles(page, "them"), bubbles(page, "me")) == (["hey"], ["one"])
    page.get_by_role("button", name="Reply interrupted").click()
    wait_for_bubbles(page, "me", 2)


def test_a_reload_in_the_middle_of_a_reply_leaves_a_way_to_the_rest(page: Page) -> None:
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    page.reload()
    page.get_by_role("button", name="Reply interrupted").click()
    wait_for_bubbles(page, "me", 2)
    page.reload()
    wait_for_bubbles(page, "me", 2)
    expect(page.get_by_role("button", name="Reply interrupted")).to_have_count(0)


def test_what_was_written_to_one_bot_does_not_go_to_another(
    chromium: Browser, serve: Callable[..., str]
) -> None:
    bob = Scripted(*said("hi"))
    context = chromium.new_context()
    page = context.new_page()
    address = serve(bob, name="Bob")
    fill(page, address, bot="Alice")
    page.route("**/api/bot", lambda route: route.fulfill(json={"name": "Alice", "initials": "A"}))
    page.goto(address)
    send(page, "a secret for Alice")
    expect(page.get_by_text("Another bot is here now.")).to_be_visible(timeout=10_000)
    assert bob.asked == []
    context.close()


def test_what_failed_waits_over_a_reload_and_goes_out_once(page: Page, server: Process) -> None:
    send(page, "hey")
    server.kill()
    expect(page.get_by_role("button", name="Not Delivered")).to_be_visible(timeout=15_000)
    server.start()
    seen = requests(page)
    page.reload()
    wait_for_bubbles(page, "me", 2)
    page.wait_for_timeout(1_000)
    assert seen == [1]
    assert bubbles(page, "them") == ["hey"]


def test_a_tap_tries_again_at_once(page: Page, server: Process) -> None:
    send(page, "hey")
    server.kill()
    retry = page.get_by_role("button", name="Not Delivered")
    expect(retry).to_be_visible(timeout=15_000)
    server.start()
    retry.click()
    wait_for_bubbles(page, "me", 2)


def test_a_network_that_goes_and_comes_back(page: Page, server: Process) -> None:
    seen = requests(page)
    page.context.set_offline(True)
    send(page, "are you there?")
    expect(row(page, "are you there?")).to_contain_text("Not Delivered", timeout=15_000)
    send(page, "hello?")
    seen.clear()
    page.context.set_offline(False)
    wait_for_bubbles(page, "me", 2)
    assert [bubbles(page, side) for side in ("them", "me")] == [
        ["are you there?", "hello?"],
        ["one", "two"],
    ]
    assert seen
    assert set(seen) == {2}


def test_without_a_server_the_conversation_can_be_read_and_written_on(
    page: Page, server: Process
) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    send(page, "hey")
    wait_for_bubbles(page, "me", 2)
    server.kill()
    page.reload()
    wait_for_bubbles(page, "them", 1)
    assert bubbles(page, "me") == ["one", "two"]
    send(page, "later then")
    expect(row(page, "later then")).to_contain_text("Not Delivered", timeout=15_000)
    page.reload()
    wait_for_bubbles(page, "them", 2)
    server.start()
    wait_for_bubbles(page, "me", 4)
    assert bubbles(page, "them") == ["hey", "later then"]


def test_a_reply_that_is_reloaded_away_is_asked_for_again(
    chromium: Browser, serve: Callable[..., str]
) -> None:
    replier = Scripted(1.5, *said("yo"))
    context = chromium.new_context()
    page = context.new_page()
    address = serve(replier)
    fill(page, address)
    page.goto(address)
    with page.expect_request("**/api/reply"):
        send(page, "hey")
    page.reload()
    wait_for_bubbles(page, "me", 1)
    page.wait_for_timeout(2_000)
    assert (bubbles(page, "them"), bubbles(page, "me")) == (["hey"], ["yo"])
    assert replier.asked == [["hey"], ["hey"]]
    context.close()
