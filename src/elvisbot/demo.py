"""The sample history of `elvisbot demo`: real people's chat, as a chat.db."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from elvisbot.bots import cache
from elvisbot.packages import PackagedFile, package_file
from elvisbot.sample import write_sample_history

BOT: Final = "Demo"

CHITCHAT: Final = PackagedFile(
    project="chitchat-dataset",
    version="0.9.0",
    member="chitchat_dataset/dataset.json",
    sha256="d2a5d0bf6acf354fef51f3af39cbece2220d3b8f6086b658c3d335105798312a",
    size=8,
    licence="MIT",
)


def sample_history(*, tell: Callable[[str], None]) -> Path:
    """The sample chat.db, made if it is not there yet.

    Raises:
        BaseModelError: if the data set cannot be downloaded.
        StorageError: if the disk is full.
    """
    database = cache() / "samples" / "chat.db"
    if not database.is_file():
        dataset = package_file(CHITCHAT, tell=tell)
        tell("Writing its messages as a Mac's chat.db …")
        write_sample_history(dataset, database)
    return database
