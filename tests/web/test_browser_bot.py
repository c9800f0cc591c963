"""What the bot does besides writing: it reacts, takes its time, and can be answered."""

from collections.abc import Callable

from playwright.sync_api import expect

from elvisbot.replies import Tapback, Typing
from tests.web.browsing import Open, bubbles, row, send, wait_for_bubbles
from tests.web.repliers import Scripted, said


class Reacting(Scripted):
    """Reacts to the last message, then says what it was told to."""

    def _events(self, messages):  # type: ignore[no-untyped-def]
        self.seen = [(message.text, message.reactions) for message in messages]
        yield Tapback(messages[-1].id, "loved")
        yield from super()._events(messages)


def test_a_reaction_and_words(open_app: Open, serve: Callable[..., str]) -> None:
    replier = Reacting(*said("yo"))
    page = open_app(serve(replier))
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    reaction = row(page, "hey").get_by_test_id("reaction")
    expect(reaction).to_have_attribute("data-kind", "loved")
    page.reload()
    expect(reaction).to_have_count(1)
    send(page, "again")
    wait_for_bubbles(page, "me", 2)
    said_then = [(text, [each.kind for each in reactions]) for text, reactions in replier.seen]
    assert said_then == [("hey", ["loved"]), ("yo", []), ("again", [])]


def test_a_reaction_that_is_all_of_the_answer(open_app: Open, serve: Callable[..., str]) -> None:
    replier = Reacting()
    page = open_app(serve(replier))
    send(page, "hey")
    expect(row(page, "hey").get_by_test_id("reaction")).to_have_count(1)
    expect(row(page, "hey")).to_contain_text("Read")
    page.wait_for_timeout(1_000)  # the reply is done by then
    page.reload()
    page.wait_for_timeout(1_000)
    assert len(replier.asked) == 1
    assert bubbles(page, "me") == []


def test_it_begins_and_types_as_long_as_it_says(open_app: Open, serve: Callable[..., str]) -> None:
    page = open_app(serve(Scripted(Typing(0.0, after=1.5), *said("yo", seconds=1.0))))
    send(page, "hey")
    page.wait_for_timeout(1_000)
    expect(page.get_by_test_id("typing")).to_have_count(0)
    expect(row(page, "hey")).to_contain_text("Delivered")
    expect(page.get_by_test_id("typing")).to_be_visible(timeout=1_500)
    expect(row(page, "hey")).to_contain_text("Read")
    page.wait_for_timeout(400)
    assert bubbles(page, "me") == []
    wait_for_bubbles(page, "me", 1, timeout=2_000)
