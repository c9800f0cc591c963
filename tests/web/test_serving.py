import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable

import pytest
from werkzeug.exceptions import ServiceUnavailable

from elvisbot.errors import PortTakenError, UsageError
from elvisbot.web import serving
from elvisbot.web.turnstile import Turnstile
from tests.scripted import ScriptedEngine
from tests.web.conftest import Gate, Visitor

Start = Callable[..., Callable[[], Visitor]]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


# Streams


def test_the_first_bubble_arrives_while_the_rest_is_being_made(run: Start) -> None:
    gate = Gate()
    visitor = run(ScriptedEngine("a<|brk|>bc", before_token=gate.wait))()
    gate.let(2)
    visitor.ask()
    assert [visitor.event()["event"] for _ in range(3)] == ["typing", "typing", "bubble"]
    gate.open()
    assert [visitor.event()["event"] for _ in range(3)] == ["typing", "bubble", "done"]


def test_blank_lines_tell_that_the_model_is_working(run: Start) -> None:
    gate = Gate()
    visitor = run(ScriptedEngine("a", before_token=gate.wait), heartbeat=0.05)().ask()
    visitor.event()
    assert [visitor.response.readline() for _ in range(3)] == [b"\n"] * 3
    gate.open()
    assert visitor.event()["event"] == "typing"


def test_a_visitor_who_goes_away_stops_the_model_and_frees_the_place(run: Start) -> None:
    gate = Gate()
    engine = ScriptedEngine("x" * 100, "hey", before_token=gate.wait)
    visitors = run(engine, heartbeat=0.05, waiting=0)
    gone = visitors().ask()
    gone.event()
    gone.leave()
    time.sleep(0.3)
    gate.let(1)
    until(lambda: engine.times_closed == 1)
    assert engine.tokens_made < 5
    gate.open()
    assert visitors().ask().response.status == 200


def test_who_comes_second_waits_for_the_first(run: Start) -> None:
    gate = Gate()
    engine = ScriptedEngine("a", before_token=gate.wait)
    visitors = run(engine, heartbeat=0.05)
    first, second = visitors().ask(), visitors()
    second.send()
    time.sleep(0.3)
    assert len(engine.prompts) == 1
    gate.open()
    assert _all(first) == ["typing", "typing", "bubble", "done"]
    second.response = second._connection.getresponse()
    assert _all(second) == ["typing", "typing", "bubble", "done"]


def test_a_full_queue_turns_visitors_away_for_a_while(run: Start) -> None:
    gate = Gate()
    engine = ScriptedEngine("a", before_token=gate.wait)
    visitors = run(engine, waiting=1)
    first = visitors().ask()
    waiting = visitors()
    waiting.send()
    time.sleep(0.3)
    refused = visitors().ask().response
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Content-Type"] == "application/problem+json"
    gate.open()
    assert _all(first)[-1] == "done"


def test_nobody_waits_for_ever(run: Start) -> None:
    gate = Gate()
    visitors = run(ScriptedEngine("a", before_token=gate.wait), patience=0.2)
    first = visitors().ask()
    assert visitors().ask().response.status == 503
    gate.open()
    assert _all(first)[-1] == "done"


def test_who_goes_away_while_waiting_leaves_the_queue(run: Start) -> None:
    gate = Gate()
    engine = ScriptedEngine("a", before_token=gate.wait)
    visitors = run(engine, waiting=1)
    first = visitors().ask()
    gone = visitors()
    gone.send()
    time.sleep(0.3)
    gone.leave()
    time.sleep(0.6)
    patient = visitors()
    patient.send()
    time.sleep(0.3)
    gate.open()
    assert _all(first)[-1] == "done"
    patient.response = patient._connection.getresponse()
    assert _all(patient)[-1] == "done"


def test_two_are_answered_at_the_same_time_where_the_engine_can(run: Start) -> None:
    gate = Gate()
    engine = ScriptedEngine("a", before_token=gate.wait)
    visitors = run(engine, through=2, heartbeat=0.05)
    first, second = visitors().ask(), visitors().ask()
    until(lambda: len(engine.prompts) == 2)
    gate.open()
    assert _all(first)[-1] == _all(second)[-1] == "done"


@pytest.mark.parametrize("begun", [b"", b"POST /api/reply HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_those_who_send_slowly_are_in_nobodys_way(run: Start, begun: bytes) -> None:
    visitors = run(ScriptedEngine("a"))
    with contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(("127.0.0.1", visitors().port)))
            for _ in range(150)
        ]
        for connection in slow:
            connection.sendall(begun)
        for _ in range(3):
            for connection in slow:
                connection.sendall(b"a")
            started = time.monotonic()
            assert _all(visitors().ask())[-1] == "done"
            assert time.monotonic() - started < 2


def _all(visitor: Visitor) -> list[str]:
    names = []
    while event := visitor.event():
        names.append(event["event"])
    return names


# Turnstile


def never() -> bool:
    return False


def test_places_are_given_in_the_order_of_coming() -> None:
    turnstile = Turnstile()
    leave = turnstile.enter(never)
    order: list[int] = []

    def come(number: int) -> None:
        go = turnstile.enter(never)
        order.append(number)
        go()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    leave()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_leaving_twice_takes_nobody_elses_place() -> None:
    turnstile = Turnstile(waiting=0)
    leave = turnstile.enter(never)
    leave()
    turnstile.enter(never)
    leave()
    with pytest.raises(ServiceUnavailable):
        turnstile.enter(never)


def test_eight_may_wait_and_a_ninth_may_not() -> None:
    turnstile = Turnstile()
    leave = turnstile.enter(never)
    waiting = [threading.Thread(target=lambda: turnstile.enter(never)()) for _ in range(8)]
    for thread in waiting:
        thread.start()
    until(lambda: len(turnstile._queue) == 9)
    with pytest.raises(ServiceUnavailable):
        turnstile.enter(never)
    leave()
    for thread in waiting:
        thread.join()


def test_as_many_as_the_engine_can_answer_are_let_through() -> None:
    turnstile = Turnstile(through=3, waiting=0)
    leave = [turnstile.enter(never) for _ in range(3)]
    with pytest.raises(ServiceUnavailable):
        turnstile.enter(never)
    leave[1]()
    turnstile.enter(never)


# Ports


def test_the_default_port_is_5000_or_the_next_that_is_free() -> None:
    with serving.listen() as first, serving.listen() as second:
        ports = [listener.getsockname()[1] for listener in (first, second)]
    assert 5000 <= ports[0] < ports[1] < 5020


def test_a_port_that_was_asked_for_and_is_taken_is_an_error() -> None:
    with serving.listen(port=0) as taken, pytest.raises(PortTakenError, match="is taken"):
        serving.listen(port=taken.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 65536, 10**12])
def test_a_number_that_is_no_port_is_a_usage_error(port: int) -> None:
    with pytest.raises(UsageError):
        serving.listen(port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "8.8.8.8", "example.org", ""])
def test_before_the_first_invite_no_address_is_served_that_others_can_reach(host: str) -> None:
    with pytest.raises(UsageError, match=r"could talk to the bot|no address"):
        serving.listen(host, 0)


def test_the_url_is_what_a_browser_can_open() -> None:
    with serving.listen(port=0) as listener:
        assert serving.url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_url_of_an_ipv6_address_has_brackets() -> None:
    try:
        listener = serving.listen("::1", 0)
    except PortTakenError:
        pytest.skip("no IPv6 loopback here")
    with listener:
        assert serving.url(listener).startswith("http://[::1]:")


# The process

SERVER = """
import sys
from elvisbot.bots import Settings
from elvisbot.engines.echo import Echo
from elvisbot.replies import Replier
from elvisbot.web import create_app, serving
listener = serving.listen(port=0)
print(serving.url(listener), flush=True)
serving.serve(create_app(Replier(Echo(), Settings()), name="Ana", model="echo"), listener)
print("closed", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("closed\n", "", 0)
