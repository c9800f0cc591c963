import io

from elvisbot.bots import Settings
from elvisbot.reactions import Reactions
from elvisbot.replies import Replier
from elvisbot.terminal import talk
from tests.scripted import ScriptedEngine


def transcript(engine: ScriptedEngine, typed: str) -> str:
    sink = io.StringIO()
    talk(Replier(engine, Settings()), "Ana", source=io.StringIO(typed), sink=sink)
    return sink.getvalue()


def test_every_line_is_answered_bubble_by_bubble() -> None:
    engine = ScriptedEngine("hey<|brk|>you", "bye")
    assert transcript(engine, "hello\nbye now\n") == "Ana: hey\nAna: you\nAna: bye\n"


def test_the_talk_so_far_is_kept_in_mind() -> None:
    engine = ScriptedEngine("hey<|brk|>you", "bye")
    transcript(engine, "hello\nbye now\n")
    assert engine.heard() == (
        "<|startoftext|>hello<|answer|>hey<|brk|>you<|endoftext|>bye now<|answer|>"
    )


def test_blank_lines_are_not_messages() -> None:
    assert transcript(ScriptedEngine("hey"), "\n   \n") == ""


def test_a_last_line_without_its_end_is_answered() -> None:
    assert transcript(ScriptedEngine("hey"), "hello") == "Ana: hey\n"


def test_a_bubble_is_one_line_and_commands_no_terminal() -> None:
    assert transcript(ScriptedEngine("a\nb\x1b[2Jc👩‍🚀"), "hello\n") == "Ana: a b[2Jc👩‍🚀\n"


def test_a_reaction_tells_what_it_is_to_and_is_not_given_twice() -> None:
    sink = io.StringIO()
    loving = Reactions(1.0, ("", "loved"), (0.0, -50.0), {"word love": (0.0, 100.0)})
    replier = Replier(ScriptedEngine("ok"), Settings(), reactions=loving)
    talk(replier, "Ana", source=io.StringIO("love\x1b[2J\nhello\n"), sink=sink)
    assert sink.getvalue() == "Ana: ❤️ to “love[2J”\nAna: ok\n"


def test_ctrl_c_ends_the_talk_in_peace() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert transcript(ScriptedEngine("hey", before_token=interrupt), "hello\n") == ""


def test_bytes_that_are_no_text_are_answered_too() -> None:
    source = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), encoding="utf-8")
    sink = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    talk(Replier(ScriptedEngine("ok 😂"), Settings()), "Ana", source=source, sink=sink)
    assert sink.buffer.getvalue() == b"Ana: ok ?\n"
