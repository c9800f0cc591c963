"""What another machine or program needs of a bot: the model, and how it answers; no message.

folder    bot.toml, model.gguf, the tokenizer, the biases and the reactions: `elvisbot serve FOLDER`
          serves it
ollama    model.gguf and a Modelfile: `ollama create NAME -f Modelfile` takes it in
gguf      the file model.gguf alone
"""

import shutil
from dataclasses import replace
from pathlib import Path

from elvisbot.bots import BIASES, REACTIONS, Bot, History, atomic_folder, atomic_path
from elvisbot.engines import trained_format
from elvisbot.errors import UsageError
from elvisbot.families import BREAK, Family


def pack(bot: Bot, target: str, destination: Path, gguf: Path) -> None:
    """Write `destination`, a new folder, or the new file of the target `gguf`.

    Args:
        target: `folder`, `ollama` or `gguf`.
        gguf: The bot's model.

    Raises:
        UsageError: if `destination` is there already.
        BotNotFoundError: if the bot has not been trained.
        EngineError: if its tokenizer cannot be read.
        StorageError: if the disk is full.
    """
    bot.require_model()
    require_new(destination)
    if target == "gguf":
        with atomic_path(destination) as path:
            shutil.copyfile(gguf, path)
        return
    with atomic_folder(destination) as folder:
        shutil.copyfile(gguf, folder / bot.gguf.name)
        if target == "ollama":
            written = modelfile(bot, trained_format(bot).family)
            (folder / "Modelfile").write_text(written, encoding="utf-8")
        else:
            _add_what_serving_needs(bot, folder)


def require_new(destination: Path) -> None:
    """Raise UsageError if there is something already."""
    if destination.exists():
        raise UsageError(f"{destination} is there already.", remedy="Name another one: --out PATH")


def _add_what_serving_needs(bot: Bot, folder: Path) -> None:
    packed = Bot(folder)
    packed.model.mkdir(mode=0o700)
    shutil.copyfile(bot.tokenizer, packed.tokenizer)
    for name in (BIASES, REACTIONS):
        if (bot.model / name).exists():
            shutil.copyfile(bot.model / name, packed.model / name)
    # Whom it talks to is nobody's business there; the folder may be renamed.
    web = replace(bot.settings.web, name=bot.shown_name)
    packed.save(replace(bot.settings, history=History(), web=web))


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
