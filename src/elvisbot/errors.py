"""Every problem a user can meet: what is wrong, and what to do about it.

    ElvisBotError
    ├── UsageError                  a name or a value that cannot be used
    │   └── NeedsAnswerError        the history does not tell, so its owner has to
    ├── BotNotFoundError            no bot of that name, or not far enough along
    ├── DamagedBotError             a file of a bot that cannot be understood
    ├── SourceError                 the message history
    │   ├── SourceUnreadableError   missing, locked, forbidden, not a history at all
    │   ├── PersonNotFoundError     nobody by that name or number
    │   ├── AmbiguousPersonError    several people match
    │   └── EmptyConversationError  nothing to learn from
    ├── UnsortedMessagesError       messages out of order
    ├── TrainingError               a training that cannot start or go on
    │   └── TooFewMessagesError     not enough exchanges
    ├── BaseModelError              a base model that is unknown, broken or out of reach
    ├── ExportError                 a model that cannot be written as GGUF
    ├── EngineError                 a model that cannot be loaded or cannot answer
    │   └── SilenceError            it has nothing to say
    ├── ScoringError                a score that cannot be worked out
    ├── InvalidRequestError         a web request that does not make sense
    ├── StorageError                the disk is full or refuses
    ├── PortTakenError              no free port to serve on
    └── MissingExtraError           an optional part is not installed

Anything else that escapes is a bug and keeps its traceback.
"""

from collections.abc import Sequence


class ElvisBotError(Exception):
    """A problem with a remedy, both written for the person at the keyboard.

    Args:
        problem: One sentence that says what is wrong.
        remedy: One sentence that says what to do about it.
    """

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class UsageError(ElvisBotError):
    """A name or a value that cannot be used."""


class NeedsAnswerError(UsageError):
    """Something that a message history does not tell, so that its owner has to.

    Attributes:
        question: Which field of `sources.Answers` is missing: `me`, `day_first` or `password`.
        choices: What the answer can be; empty if it is free.
    """

    def __init__(
        self, problem: str, *, remedy: str, question: str, choices: Sequence[str] = ()
    ) -> None:
        super().__init__(problem, remedy=remedy)
        self.question = question
        self.choices = tuple(choices)


class BotNotFoundError(ElvisBotError):
    """There is no bot of that name, or it is not far enough along."""


class DamagedBotError(ElvisBotError):
    """A file of a bot is missing or cannot be understood."""


class SourceError(ElvisBotError):
    """Something is wrong with a message history."""


class SourceUnreadableError(SourceError):
    """The history is missing, locked, forbidden, or not a history at all."""


class PersonNotFoundError(SourceError):
    """Nobody in the history goes by that name, number or address."""


class AmbiguousPersonError(SourceError):
    """Several people in the history match."""


class EmptyConversationError(SourceError):
    """The conversation holds no text to learn from."""


class UnsortedMessagesError(ElvisBotError):
    """A message is older than the one before it."""


class TrainingError(ElvisBotError):
    """A training cannot start or cannot go on."""


class TooFewMessagesError(TrainingError):
    """There are not enough exchanges to learn from."""


class BaseModelError(ElvisBotError):
    """A base model is unknown, broken or out of reach."""


class ExportError(ElvisBotError):
    """A model cannot be written as GGUF."""


class EngineError(ElvisBotError):
    """A model cannot be loaded or cannot answer."""


class SilenceError(EngineError):
    """A model has nothing to say, however often it is asked."""


class ScoringError(ElvisBotError):
    """A score cannot be worked out."""


class InvalidRequestError(ElvisBotError):
    """A web request does not make sense."""


class StorageError(ElvisBotError):
    """The disk is full or refuses to be written."""


class PortTakenError(ElvisBotError):
    """There is no free port to serve on."""


class MissingExtraError(ElvisBotError):
    """An optional part of ElvisBot is not installed."""
