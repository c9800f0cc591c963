from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import browser, commands

# How long an example takes on a busy machine says nothing about the code.
hypothesis.settings.register_profile("elvisbot", deadline=None)
hypothesis.settings.load_profile("elvisbot")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for bots."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ELVISBOT_HOME", str(folder))
    return folder


@pytest.fixture
def elvisbot(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> commands.Here:
    """Runs `elvisbot` in this process, with bots in `home`."""
    return commands.Here(monkeypatch, capsys)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium, without a window."""
    found = browser.find()
    assert found is not None, "No browser found: run python -m tests.browser"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=browser.FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def way(tmp_path_factory: pytest.TempPathFactory) -> "commands.Way":
    """The way from a history to a trained bot, gone once by the command line."""
    return commands.go_the_way(tmp_path_factory.mktemp("way"))
