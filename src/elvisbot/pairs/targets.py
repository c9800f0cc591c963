"""Which of my messages are worth learning: what I typed to the one I typed it to.

The texts listed here are those that apps are known to write in somebody's name. Where it is not
certain that nobody typed it, a message is kept: an odd reply does less harm than a lost one.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, get_args

from elvisbot.conversation import Line, Message, Turn

Unfit = Literal["placeholder_only", "forwarded", "bare_link", "one_time_code", "app_filler"]
"""Why a message of mine, or all of a turn's, is not learnt."""

UNFIT: Final[tuple[Unfit, ...]] = get_args(Unfit)

MAX_CODE_TEXT: Final = 200
"""Characters. What carries a one-time code is short."""

_DOMAIN: Final = r"(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}"
_LINK: Final = re.compile(
    "|".join(
        (
            r"(?:https?://|www\.)\S",
            rf"{_DOMAIN}com/?$",
            rf"{_DOMAIN}(?:com|net|org|edu|gov|io|app|dev|tv|gg|co|uk|ca|de|eu|fr|nl)/\S",
            r"(?:youtu\.be|(?:t|wa|m|fb)\.me|redd\.it|pin\.it|bit\.ly|amzn\.to|(?:[a-z]+\.)*goo\.gl|"
            r"fb\.watch|spotify\.link|on\.soundcloud\.com)/\S",
        )
    ),
    re.IGNORECASE,
)
"""Whoever leaves a space out joins words by a dot, too (`lol.no`): without a scheme, it takes the
ending `.com`, or a path behind one of few endings and sites."""

_CODE_ALONE: Final = re.compile(r"(?:[a-z]{1,3}-)?\d{3}-?(?!000)\d{3}")
"""`123456`, `123-456`, `g-123456`; but not `500000`, which is rather an amount."""

_DIGITS: Final = re.compile(r"\d\d\d")
"""Every code has these, few other messages do, and they are quick to look for."""

_CODE: Final = re.compile(r"(?<!\d)(?:\d{4,8}|\d{3}[ -]\d{3})(?!\d)")
_SIX_DIGITS: Final = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")

_CODE_NAMES: Final = re.compile(
    "|".join(
        (
            r"\b(?:verification|security|confirmation|authentication) code\b",
            r"\b(?:log|sign)[- ]?in code\b",
            r"\bone[- ]time (?:pass)?(?:code|word|pin)\b|\botp\b|\b2fa\b",
            r"\b(?:bestätigungs|verifizierungs|sicherheits|anmelde|einmal)-?code\b",
            r"\beinmal(?:passwort|kennwort)\b",
            r"\bcode de (?:vérification|confirmation|sécurité)\b|\bcode à usage unique\b",
            r"\bc[oó]digo de (?:verificaci[oó]n|confirmaci[oó]n|seguridad)\b",
            r"\bc[oó]digo de (?:verificação|confirmação|segurança)\b",
            r"\bcodice di (?:verifica|conferma|sicurezza)\b",
            r"\b(?:verificatie|bevestigings|beveiligings)code\b",
            r"\bkod (?:weryfikacyjny|autoryzacyjny)\b",
            r"\b(?:doğrulama|onay) kodu(?:nuz)?\b",
            r"\b(?:verifierings|engångs|bekræftelses|bekreftelses|engangs)kode?n?\b",
            r"\bkode (?:verifikasi|otp)\b",
            r"\bmã (?:xác minh|xác thực|otp)\b",
            r"\bкод (?:подтверждения|безопасности|для входа|підтвердження)\b",
            r"認証コード|確認コード|验证码|驗證碼|校验码|인증 ?(?:번호|코드)",
            r"رمز (?:التحقق|التأكيد)|קוד (?:אימות|האימות)|सत्यापन कोड",
        )
    )
)
"""With any code of 4 to 8 digits."""

_CODE_WORDS: Final = re.compile(
    r"(?<!zip )(?<!pin )(?<!postal )\bcode\b|\bc[oó]digo\b|\bcodice\b|\bkod\b|\bkode\b|\bкод\b"
)
"""With six digits, as nearly all one-time codes have; other numbers with these words may be what
opens a door or gives a discount."""

_DEVICE: Final = (
    r"(?:iphone|ipad|ipod|mac|macbook|apple watch|android|samsung|galaxy|pixel|huawei|xiaomi|"
    r"motorola|blackberry|nokia|windows phone|smartphone|mobile|phone|tablet)"
)

_MODEL: Final = r"(?:\w*\d\w*|pro|max|plus|mini|air|ultra|smartphone|phone|tablet|device)"

_SIGNATURE: Final = re.compile(
    "|".join(
        (
            rf"sent from my (?:[\w-]+,? ){{0,3}}{_DEVICE}(?: {_MODEL}){{0,4}}",
            r"sent from (?:yahoo mail|outlook|mail)(?: (?:for|on) (?:ios|iphone|android|windows))?",
            r"get outlook for (?:ios|android)",
            rf"von meinem {_DEVICE} gesendet",
            rf"envoyé (?:de|depuis) mon {_DEVICE}",
            rf"(?:enviado desde mi|enviado do meu|enviado a partir do meu) {_DEVICE}",
            rf"inviato da(?:l mio)? {_DEVICE}",
            rf"verzonden vanaf mijn {_DEVICE}|verstuurd vanaf mijn {_DEVICE}",
            rf"skickat från min {_DEVICE}|sendt fra min {_DEVICE}",
            r"wysłane z iphone'?a|отправлено с iphone|iphoneから送信|发自我的 ?iphone",
        )
    )
)
"""The last line of what a mail program sends as a text message."""

_EFFECT: Final = re.compile(
    r"\(sent with (?:an? )?(?:(?:slam|loud|gentle|invisible ink|echo|spotlight|balloons?|confetti|"
    r"lasers?|fireworks|shooting star|celebration)(?: effect)?|(?:love|heart) effect)\)$"
)
"""The caption that iMessage adds for a phone that cannot play the effect."""

_WHOLE: Final = re.compile(
    "|".join(
        (
            # iOS, while the driver's notifications are off.
            r"\(?i'm driving with (?:do not disturb|.{0,20}focus).{0,20} turned on\b.*",
            r"\(?i'm not receiving notifications\. if this is urgent, reply\b.*",
            # Calls declined with a text: Android, iOS.
            r"can't talk (?:right )?now\. (?:what's up|call me later)\?",
            r"sorry, i can't talk right now\.",
            # Invitations, as Telegram, WhatsApp, Signal, Viber and Waze word them.
            r"hey[,!]? i'm using (?:telegram|whatsapp|signal|viber) to chat\b.*",
            r"let's chat on whatsapp! it's (?:a )?fast\b.*",
            r"check out whatsapp (?:messenger )?for\b.*https?://.*",
            r"let's switch to signal\W.*https?://.*",
            r"i'm using waze to drive to\b.*",
            r"i'm driving to .{1,80} using waze\b.*",
            # GamePigeon.
            r"let's play (?:8 ball|9 ball|cup pong|word hunt|sea battle|four in a row|word bites|"
            r"mini golf|crazy 8|anagrams|gomoku|mancala|knockout|filler)!",
            # Reactions from iMessage, and from Google's Messages, where they are not understood.
            r"(?:loved|liked|disliked|laughed at|emphasi[sz]ed|questioned) "
            r"(?:“.*”|an (?:image|attachment|audio message))",
            r"removed an? (?:heart|like|dislike|laugh|exclamation|question mark) from “.*”",
            r"[^\w\s]{1,8}\u200a? to “.*”",
        )
    ),
    re.DOTALL,
)


def line(turn: Turn) -> Line:
    """A turn as the context of a pair shows it: `[picture]` in place of what is no text."""
    return Line(turn.sender, tuple(text for each in turn.messages for text in _shown(each)))


def target(turn: Turn) -> tuple[str, ...] | Unfit:
    """What there is to learn in a turn of mine: the texts of its messages worth learning.

    If it holds none, the reason instead: that of the first message that has another one than
    `placeholder_only`, if there is one.
    """
    reasons = [unfit(message) for message in turn.messages]
    texts = tuple(
        message.text
        for message, reason in zip(turn.messages, reasons, strict=True)
        if reason is None
    )
    return texts or _first_telling(reasons)


def unfit(message: Message) -> Unfit | None:
    """Why a message of mine is not learnt; None if it is."""
    if message.is_forwarded:
        return "forwarded"
    # The words of a voice message were spoken: nobody types like that.
    if message.placeholder == "voice message" or (message.placeholder and not message.text):
        return "placeholder_only"
    if is_bare_link(message.text):
        return "bare_link"
    text = message.text.casefold().replace("’", "'")
    if is_one_time_code(text):
        return "one_time_code"
    if is_app_filler(text):
        return "app_filler"
    return None


def is_bare_link(text: str) -> bool:
    """Whether there is nothing but web addresses, one or more."""
    words = text.split()
    return bool(words) and all(_LINK.match(word) for word in words)


def is_one_time_code(text: str) -> bool:
    """Whether a text is or carries a code that somebody has been sent to prove who they are.

    Args:
        text: In lower case.
    """
    if len(text) > MAX_CODE_TEXT or not _DIGITS.search(text):
        return False
    return bool(
        _CODE_ALONE.fullmatch(text.strip())
        or (_CODE.search(text) and _CODE_NAMES.search(text))
        or (_SIX_DIGITS.search(text) and _CODE_WORDS.search(text))
    )


def is_app_filler(text: str) -> bool:
    """Whether an app wrote a text, or its end, in somebody's name.

    Args:
        text: In lower case, with straight apostrophes.
    """
    text = text.strip()
    last_line = text.rpartition("\n")[2].strip()
    return bool(
        _WHOLE.fullmatch(text)
        or _SIGNATURE.fullmatch(last_line.rstrip(".!"))
        or _EFFECT.search(last_line)
    )


def _shown(message: Message) -> Iterator[str]:
    if message.placeholder:
        yield f"[{message.placeholder}]"
    if message.text or not message.placeholder:
        yield message.text


def _first_telling(reasons: Iterable[Unfit | None]) -> Unfit:
    telling = (reason for reason in reasons if reason and reason != "placeholder_only")
    return next(telling, "placeholder_only")
