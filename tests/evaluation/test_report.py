"""The report: what it shows, and that nothing of a message gets out of its place."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from markupsafe import escape
from playwright.sync_api import Browser

from elvisbot.conversation import ME, Line
from elvisbot.evaluation.figures import Figure
from elvisbot.evaluation.report import (
    SAMPLES,
    Bars,
    Chart,
    Sample,
    charts,
    habit_gaps,
    report,
)
from elvisbot.evaluation.scorecard import NUMBERS, Entry, References, Scorecard
from elvisbot.evaluation.style import HABITS, Reply

HOSTILE = "<script>alert(1)</script>"
POLICY = """content="default-src 'none'; style-src 'unsafe-inline'\""""
REPLIES = [("hey", "u up?"), ("omw 🚗",), ("no...", "can't 😭", "sorry!"), ("x" * 200,) * 9]


def scored(
    bot: str = "ana",
    *,
    value: float = 1.0,
    habits: Mapping[str, tuple[float, float]] = MappingProxyType(dict.fromkeys(HABITS, (0.3, 0.1))),
) -> Scorecard:
    """A scorecard of equal figures.

    Args:
        habits: How far the bot, and the person's earlier replies, are off in each.
    """
    own = Figure(1.0, 0.9, 1.1)
    references: References = {"person": own, "base": own, "characters": own}
    figure = Figure(value, value - 0.1, value + 0.1)
    return Scorecard(
        bot=bot,
        exchanges=412,
        entries=tuple(Entry(number, figure, references) for number in NUMBERS),
        details={},
        habits={
            "bot": {name: made for name, (made, _) in habits.items()},
            "person": {name: real for name, (_, real) in habits.items()},
        },
    )


def sample(text: str = "hey", *, sender: str = "mum", made: Reply = ("yes",)) -> Sample:
    context = (Line(sender, (text,)), Line(ME, (text,)), Line(sender, (text, "and?")))
    return Sample(context, (text,), made)


def shown(chart: Chart) -> dict[str, tuple[float, float]]:
    return {each.label: (each.made, each.real) for each in chart.bars}


def chart_of(made: Sequence[Reply], real: Sequence[Reply], title: str) -> Chart:
    return next(chart for chart in charts(made, real) if chart.title == title)


def test_every_text_is_escaped() -> None:
    name = """"O'Hara" <b>&amp;"""
    page = report(
        scored(name),
        [sample(HOSTILE, sender=f"{HOSTILE} mum", made=(HOSTILE,))],
        [(HOSTILE,)],
        [(HOSTILE,)],
    )
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 7
    assert f"<title>Does {escape(name)} text like them?</title>" in page
    assert name not in page


def test_labels_of_a_plot_are_escaped() -> None:
    page = report(scored(), [], [("a <", "b &", 'c "')], [("a <",)])
    assert 'text-anchor="end">&lt;</text>' in page
    assert 'text-anchor="end">&amp;</text>' in page


def test_it_loads_nothing() -> None:
    page = report(scored(), [sample()], REPLIES, REPLIES)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert POLICY in page
    assert '<meta name="referrer" content="no-referrer">' in page
    for loading in ("<script", "<link", "<img", "src=", "href=", "url(", "@import"):
        assert loading not in page
    assert "http://" not in page
    assert "https://" not in page


def test_it_says_that_it_is_private_and_how_much_is_reached() -> None:
    page = report(scored(value=1.0), [], REPLIES, REPLIES)
    assert "This page contains private messages." in page
    assert "It stays on this machine" in page
    summary = re.search(r'<p class="summary">(.*?)</p>', page, re.DOTALL)
    assert summary is not None
    text = " ".join(re.sub(r"<[^>]+>", "", summary[1]).split())
    assert text == ("It reaches 6 of 8 targets, on 412 exchanges that it was not trained on.")


@pytest.mark.parametrize(
    ("value", "judgement", "mark"),
    [(1.0, "reached", "✓"), (1.2, "near", "~"), (2.0, "missed", "✗")],
)
def test_a_verdict_is_told_by_a_sign_and_a_word(value: float, judgement: str, mark: str) -> None:
    page = report(scored(value=value), [], REPLIES, REPLIES)
    style = page[page.index("<h3>Style</h3>") : page.index("<h3>Detection</h3>")]
    assert f'<span aria-hidden="true">{mark}</span> {judgement}</span>' in style
    assert f"{value:.2f}</p>" in style
    assert f"{value - 0.1:.2f} to {value + 0.1:.2f}" in style


def test_only_references_that_are_present_are_explained() -> None:
    page = report(scored(), [], REPLIES, REPLIES)
    assert "<dt>untuned base</dt>" in page
    assert "<dt>parrot</dt>" not in page


def test_a_figure_that_is_no_number_is_a_dash() -> None:
    page = report(scored(value=math.nan), [], [], REPLIES)
    assert '<p class="figure">–</p>' in page
    assert "nan" not in page[page.index("<main>") :]


def test_further_figures_of_everybody_are_told() -> None:
    figures = {
        "detectability": 0.61,
        "masked_detectability": 0.62,
        "length_detectability": 0.63,
        "commonest_reply": 0.041,
    }
    told = replace(scored(), details={"bot": figures, "stranger": figures})
    page = report(told, [], REPLIES, REPLIES)
    for shown in ("0.61", "0.62", "0.63", "4.1 %"):
        assert page.count(f"<td>{shown}</td>") == 2
    title = '<th scope="col">lengths alone</th>'
    assert title in page
    assert title not in report(scored(), [], REPLIES, REPLIES)


@pytest.mark.parametrize(
    "title", ["Characters a message", "Messages a turn", "Endings", "Punctuation", "Emoji"]
)
def test_the_shares_of_each_side_are_a_whole(title: str) -> None:
    many = [(f"{chr(0x1F600 + at)} {chr(0x2190 + at)}",) for at in range(30)]
    chart = chart_of([*REPLIES, *many], REPLIES, title)
    assert sum(each.made for each in chart.bars) == pytest.approx(1)
    assert sum(each.real for each in chart.bars) == pytest.approx(1)


@pytest.mark.parametrize(
    ("size", "label"),
    [
        *((1, "1–4"), (4, "1–4"), (5, "5–9"), (9, "5–9"), (10, "10–19"), (29, "20–29")),
        *((30, "30–49"), (49, "30–49"), (129, "80–129"), (130, "130 or more")),
    ],
)
def test_lengths_fall_into_the_bar_of_their_label(size: int, label: str) -> None:
    chart = chart_of([("x" * size,)], [], "Characters a message")
    assert shown(chart)[label] == (1.0, 0.0)


@pytest.mark.parametrize(
    ("count", "label"), [(1, "1"), (5, "5"), (6, "6 or more"), (9, "6 or more")]
)
def test_many_messages_a_turn_are_one_bar(count: int, label: str) -> None:
    chart = chart_of([("x",) * count], [], "Messages a turn")
    assert shown(chart)[label] == (1.0, 0.0)


def test_the_commonest_emoji_come_first_and_none_last() -> None:
    made = [("😂",), ("😂 🚗",), ("no",)]
    real = [("🚗",), ("🎉 😂",), ("😂",), ("no",)]
    chart = chart_of(made, real, "Emoji")
    assert [each.label for each in chart.bars] == ["😂", "🚗", "🎉", "none"]
    assert shown(chart)["😂"] == (2 / 4, 2 / 5)


def test_rare_values_are_one_bar() -> None:
    made = [(chr(0x1F600 + at),) for at in range(10)]
    chart = chart_of(made, [("no",)], "Emoji")
    assert [each.label for each in chart.bars][-2:] == ["others", "none"]
    assert shown(chart)["others"] == pytest.approx((0.2, 0.0))


@pytest.mark.parametrize(
    ("longest", "ticks"),
    [(0.0, [0, 1]), (0.04, [0, 1, 2, 3, 4]), (0.3, [0, 10, 20, 30]), (1.0, [0, 25, 50, 75, 100])],
)
def test_the_axis_ends_at_or_behind_the_longest_bar(longest: float, ticks: list[int]) -> None:
    chart = Chart("title", "counted", (Bars("label", longest, 0.0),))
    assert [round(100 * tick) for tick in chart.ticks] == ticks


def test_a_plot_is_told_in_words_too() -> None:
    page = report(scored(), [], [("a",), ("b", "c")], [("d",)])
    plot = page[page.index('<svg role="img"', page.index("<h3>Messages a turn</h3>")) :]
    assert 'aria-labelledby="chart-2-title chart-2-desc"' in plot
    assert '<title id="chart-2-title">Messages a turn, of the bot and of them</title>' in plot
    assert "1: the bot 50 %, they 100 %; 2: the bot 50 %, they 0 %;" in plot


def test_habits_stand_by_how_far_the_bot_is_off() -> None:
    habits = {"capitals": (0.2, 0.4), "laughs": (0.9, 0.8), "emoji": (0.3, 0.1)}
    scorecard = scored(habits=habits)
    assert [habit.name for habit in habit_gaps(scorecard)] == ["emoji", "laughs", "capitals"]
    page = report(scorecard, [], REPLIES, REPLIES)
    rows = re.findall(r'<th scope="row">(\w+)</th>', page)
    assert rows == ["emoji", "laughs", "capitals"]
    assert '<td class="gap">−0.20</td>' in page


def test_a_bot_that_said_nothing_at_all_has_no_bars() -> None:
    page = report(scored(habits={}), [sample(made=())], [(), ()], REPLIES)
    assert "The bot said nothing in 2 of 2 exchanges" in page
    assert '<p class="nothing">nothing</p>' in page
    for chart in charts([], REPLIES):
        assert sum(each.made for each in chart.bars) == 0
        assert sum(each.real for each in chart.bars) == pytest.approx(1)


def test_empty_replies_are_left_out_of_the_plots() -> None:
    page = report(scored(), [], [(), ("hey",)], [("hey",)])
    assert "The bot said nothing in 1 of 2 exchanges" in page
    assert "1: the bot 100 %, they 100 %;" in page


def test_only_the_first_samples_are_shown() -> None:
    samples = [sample(f"number {at}") for at in range(SAMPLES + 1)]
    page = report(scored(), samples, REPLIES, REPLIES)
    assert f"number {SAMPLES - 1}<" in page
    assert f"number {SAMPLES}<" not in page
    assert f"The first {SAMPLES} of {SAMPLES + 1} exchanges." in page


def test_messages_take_the_direction_of_their_script() -> None:
    page = report(scored(), [sample("שלום")], REPLIES, REPLIES)
    assert page.count('dir="auto">שלום</p>') == 4
    assert page.count('<p class="bubble sent" dir="auto">') == 2


def test_nothing_overflows(tmp_path: Path, chromium: Browser) -> None:
    path = tmp_path / "report.html"
    long = sample("https://example.org/" + "x" * 300, sender="y" * 90, made=("z" * 300, "W" * 50))
    page = report(scored("n" * 90, value=-1234.5), [long], REPLIES, REPLIES)
    path.write_text(page, encoding="utf-8")
    tab = chromium.new_page()
    tab.goto(path.as_uri())
    for width in (390, 800, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") == width
    tab.close()
