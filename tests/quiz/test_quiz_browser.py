"""The quiz in a real Chromium, against the real server."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from elvisbot.conversation import ME, Line
from elvisbot.quiz import Exchange, Quiz, create_app
from elvisbot.web import serving
from tests.quiz.quizzes import exchange, exchanges, finish, new_bot, new_quiz

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
PAYLOAD = "<img src=x onerror=\"document.title='x'\"><script>document.title='x'</script>"

Scheme = Literal["light", "dark"]
Motion = Literal["no-preference", "reduce"]
Open = Callable[..., Page]


def texting(count: int) -> list[Exchange]:
    """Exchanges as people write them: bursts, emoji, long messages, other scripts, markup."""
    contexts: list[tuple[tuple[str, str], ...]] = [
        (
            ("Ana", "are you coming tonight?"),
            (ME, "think so"),
            ("Ana", "bring the speaker then 🙏"),
        ),
        (("Ana", "did you see the email from the landlord"), ("Ana", "he wants to come on friday")),
        ((ME, "on the train"), ("Ana", "🎉"), (ME, "20 min"), ("Ana", "ok i’ll put the pasta on")),
        (("Ana", PAYLOAD),),
        (("Ana", "متى تصل؟"),),
    ]
    replies: list[tuple[Sequence[str], Sequence[str]]] = [
        (["ya ofc", "which one tho"], ["yeah i can bring it"]),
        (["omg again??", "tell him saturday"], ["what does he want", "lol no"]),
        (
            ["you’re the best", "😍"],
            ["yesss. i had the longest day, they moved the meeting twice and then nobody came"],
        ),
        ([PAYLOAD], ["<b>bold</b> &amp; <|answer|>"]),
        (["بعد عشر دقائق"], ["soon"]),
    ]
    return [
        exchange(
            number,
            context=[Line(sender, (text,)) for sender, text in contexts[number % 5]],
            reply=[*replies[number % 5][0], f"({number})"] if number >= 5 else replies[number][0],
            answer=replies[number % 5][1],
            turn=5,
        )
        for number in range(count)
    ]


@pytest.fixture
def open_quiz(chromium: Browser, home: Path) -> Iterator[Open]:
    """Serves a quiz and opens it; at the end, nothing may have gone wrong in the page."""
    complaints: list[str] = []
    with contextlib.ExitStack() as stack:

        def opened(
            quiz: Quiz, *, size: str = "phone", scheme: Scheme = "light", motion: Motion = "reduce"
        ) -> Page:
            address = stack.enter_context(_served(quiz))
            width, height = SIZES[size]
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                device_scale_factor=2,
                color_scheme=scheme,
                reduced_motion=motion,
            )
            stack.callback(context.close)
            page = context.new_page()
            page.on(
                "console",
                lambda line: line.type in {"error", "warning"} and complaints.append(line.text),
            )
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("dialog", lambda dialog: pytest.fail("a script ran"))
            page.goto(address)
            return page

        yield opened
    assert complaints == []


@contextlib.contextmanager
def _served(quiz: Quiz) -> Iterator[str]:
    listener = serving.listen(port=0)
    server = serving.make_server(create_app(quiz), listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield serving.url(listener)
    server.close()
    thread.join(timeout=5)


def begin(page: Page) -> None:
    page.get_by_role("button", name="Begin").click()
    count(page, 1)


def count(page: Page, number: int, of: int = 20) -> None:
    expect(page.locator("#count")).to_have_text(f"{number} of {of}")


@pytest.mark.parametrize(
    ("size", "scheme"),
    [("phone", "light"), ("phone", "dark"), ("desktop", "light"), ("desktop", "dark")],
)
def test_a_quiz_is_taken_by_keyboard_and_markup_in_it_stays_text(
    open_quiz: Open, size: str, scheme: Scheme
) -> None:
    quiz = new_quiz(new_bot("elvis"), texting(20))
    page = open_quiz(quiz, size=size, scheme=scheme)
    expect(page.get_by_role("heading", name="elvis, or the bot?")).to_be_visible()
    page.screenshot(path=_artifact(f"quiz-welcome-{size}-{scheme}"))
    page.keyboard.press("Enter")
    keys = [["a"], ["B"], ["ArrowLeft", "Enter"], ["ArrowRight", "Enter"]]
    for number in range(20):
        count(page, number + 1)
        if number == 2:
            page.screenshot(path=_artifact(f"quiz-question-{size}-{scheme}"))
        assert page.locator(":is(.bubble, .talk) :is(img, script, b)").count() == 0
        for key in keys[number % 4]:
            page.keyboard.press(key)
    expect(page.get_by_role("heading", name="You took the bot for elvis")).to_be_visible()
    page.screenshot(path=_artifact(f"quiz-result-{size}-{scheme}"))
    assert page.locator(".answer").count() == 20
    assert page.locator(".bubble :is(img, script, b)").count() == 0
    assert page.title().startswith("Quiz: ")
    choices = [each["choice"] for each in quiz.state()["result"]["questions"]]
    assert choices == ["a", "b"] * 10


def test_a_tap_chooses_and_a_reload_goes_on_where_it_was(open_quiz: Open) -> None:
    page = open_quiz(new_quiz(new_bot("elvis"), texting(20)))
    begin(page)
    page.locator("#b").click()
    count(page, 2)
    page.reload()
    page.get_by_role("button", name="Go on with 2 of 20").click()
    count(page, 2)


def test_choices_made_in_haste_count_once(open_quiz: Open) -> None:
    quiz = new_quiz(new_bot("elvis"), texting(20))
    page = open_quiz(quiz, motion="no-preference")
    begin(page)
    page.keyboard.press("a")
    page.keyboard.press("b")
    count(page, 2)
    assert quiz.state()["answered"] == 1


def test_the_result_is_kept_when_the_quiz_is_taken_again(open_quiz: Open) -> None:
    quiz = new_quiz(new_bot("elvis"), exchanges(40))
    finish(quiz, mistaken=18)
    page = open_quiz(quiz)
    page.get_by_role("button", name="Take it again").click()
    count(page, 1, of=40)
    finish(quiz, mistaken=20)
    page.reload()
    expect(page.get_by_role("heading", name="Earlier results")).to_be_visible()
    expect(page.locator("#earlier-list li")).to_contain_text("18 of 40")


def test_a_server_that_has_gone_is_told_and_nothing_is_lost(open_quiz: Open) -> None:
    page = open_quiz(new_quiz(new_bot("elvis"), exchanges(20)))
    begin(page)
    page.route("**/api/choice", lambda route: route.fulfill(body="gone"))
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("The quiz does not answer.")
    page.unroute("**/api/choice")
    page.keyboard.press("a")
    count(page, 2)
    expect(page.get_by_role("alert")).to_have_count(0)


def _artifact(name: str) -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS / f"{name}.png"
