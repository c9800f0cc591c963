from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for bots."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ELVISBOT_HOME", str(folder))
    return folder
