from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_contacts(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder without an address book, so that nobody is named by that of the developer."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("HOME", str(folder))
    return folder
