"""The files that WhatsApp exports: a text, or a zip with it and the media; or a folder of those."""

from pathlib import Path, PurePosixPath
from typing import Final

from elvisbot.errors import ElvisBotError, SourceUnreadableError
from elvisbot.sources import _files as files
from elvisbot.sources._whatsapp_dates import Header
from elvisbot.sources._whatsapp_lines import first_header

_IPHONE: Final = "_chat.txt"
_BEGINNING: Final = 4096


def exports(path: Path) -> list[Path]:
    """The exports in a folder, not in those within it; or the one file."""
    if not path.is_dir():
        return [path] if _is_export(path) else []
    endings = (".txt", ".zip")
    within = (each for each in path.iterdir() if each.name.lower().endswith(endings))
    return sorted(each for each in within if not each.is_symlink() and _is_export(each))


def finest_first(found: list[Path]) -> list[Path]:
    """Exports that tell the seconds before those that do not."""
    return sorted(found, key=lambda export: not _has_seconds(export))


def text_name(archive: files.Files, export: Path) -> str:
    """Which of the files of an export is the chat.

    Raises:
        SourceUnreadableError: if it holds several.
    """
    texts = _texts(archive.names, export.stem) or archive.names
    if len(texts) != 1:
        raise SourceUnreadableError(
            f"{export} holds {len(texts)} chats.",
            remedy="Unpack it, and pass the folder with the text files.",
        )
    return texts[0]


def title(text: str, export: Path) -> str:
    """What a chat is called: `WhatsApp Chat with Ann`.

    Args:
        text: The name of its text.
    """
    inside = PurePosixPath(text)
    if inside.name != _IPHONE:
        return inside.stem
    return export.parent.name if export.name == _IPHONE else export.stem


def shown(export: Path) -> str:
    """What to call an export in a note."""
    return f"{export.parent.name}/{_IPHONE}" if export.name == _IPHONE else export.name


def _is_export(path: Path) -> bool:
    names = files.zip_names(path)
    if not names:
        return first_header(files.beginning(path, _BEGINNING)) is not None
    texts = _texts(names, path.stem)
    if any("whatsapp" in name.casefold() or name.endswith(_IPHONE) for name in texts):
        return True
    try:
        with files.opened(path) as archive:
            return len(texts) == 1 and _first_header(archive, texts[0]) is not None
    except ElvisBotError:
        return False


def _has_seconds(export: Path) -> bool:
    try:
        with files.opened(export) as archive:
            found = _first_header(archive, text_name(archive, export))
            return found is not None and found.form.has_seconds
    except ElvisBotError:  # reading it will tell
        return False


def _first_header(archive: files.Files, name: str) -> Header | None:
    with archive.open(name) as file:
        return first_header(file.read(_BEGINNING))


def _texts(names: list[str], stem: str) -> list[str]:
    """The texts in a zip that can be the chat, and not something that was attached to it."""
    texts = [
        path
        for path in map(PurePosixPath, names)
        if path.suffix.lower() == ".txt" and path.parts[0] != "__MACOSX"
    ]
    surely = (
        [path for path in texts if path.name == _IPHONE]
        or [path for path in texts if path.stem == stem]
        or [path for path in texts if "whatsapp" in path.name.casefold()]
    )
    return [str(path) for path in surely or texts]
