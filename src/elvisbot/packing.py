"""What another machine or program needs of a bot: the model, and how it answers; no message.

folder    bot.toml, model.gguf, the tokenizer and the biases: `elvisbot serve FOLDER` serves it
ollama    model.gguf and a Modelfile: `ollama create NAME -f Modelfile` takes it in
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from elvisbot.bots import Bot, History, atomic_folder
from elvisbot.engines import trained_format
from elvisbot.errors import UsageError
from elvisbot.families import BREAK, Family


def pack(bot: Bot, target: str, destination: Path) -> None:
    """Write `destination`, a new folder.

    Args:
        target: One of `TARGETS`.

    Raises:
        UsageError: if `destination` is there already.
        BotNotFoundError: if the bot has not been trained.
        EngineError: if its tokenizer cannot be read.
        StorageError: if the disk is full.
    """
    bot.require_model()
    if destination.exists():
        raise UsageError(
            f"{destination} is there already.", remedy="Name a folder that is not: --out FOLDER"
        )
    with atomic_folder(destination) as folder:
        TARGETS[target](bot, folder)


def _folder(bot: Bot, folder: Path) -> None:
    packed = Bot(folder)
    packed.model.mkdir(mode=0o700)
    for source, copy in (
        (bot.gguf, packed.gguf),
        (bot.tokenizer, packed.tokenizer),
        (bot.biases, packed.biases),
    ):
        if source.exists():
            shutil.copyfile(source, copy)
    # Whom it talks to is nobody's business there.
    packed.save(replace(bot.settings, history=History()))


def _ollama(bot: Bot, folder: Path) -> None:
    shutil.copyfile(bot.gguf, folder / bot.gguf.name)
    family = trained_format(bot).family
    (folder / "Modelfile").write_text(modelfile(bot, family), encoding="utf-8")


def modelfile(bot: Bot, family: Family) -> str:
    """Tells Ollama how the model was taught to read a conversation, and where a reply ends.

    The language: https://docs.ollama.com/modelfile
    """
    decoding = bot.settings.decoding
    template = (
        f"{family.start}{{{{ range .Messages }}}}"
        f'{{{{ if eq .Role "user" }}}}{{{{ .Content }}}}{family.answer}'
        f'{{{{ else if eq .Role "assistant" }}}}{{{{ .Content }}}}{family.end}'
        "{{ end }}{{ end }}"
    )
    stops = dict.fromkeys((family.end, family.answer, family.start))
    lines = [
        "FROM ./model.gguf",
        f'TEMPLATE """{template}"""',
        f"PARAMETER temperature {decoding.temperature}",
        f"PARAMETER top_p {decoding.top_p}",
        f"PARAMETER min_p {decoding.min_p}",
        "PARAMETER top_k 0",
        "PARAMETER repeat_penalty 1.0",
        f"PARAMETER num_predict {decoding.max_tokens}",
        *(f'PARAMETER stop "{stop}"' for stop in stops),
        f"# {BREAK} parts the messages of a reply.",
    ]
    return "\n".join(lines) + "\n"


TARGETS: Final[Mapping[str, Callable[[Bot, Path], None]]] = MappingProxyType(
    {"folder": _folder, "ollama": _ollama}
)
