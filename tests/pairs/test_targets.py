from datetime import timedelta

import pytest

from elvisbot.conversation import ME, Line, Message, Placeholder, Turn
from elvisbot.pairs.targets import Unfit, is_app_filler, line, target, unfit
from tests.histories import START


def mine(
    text: str = "", placeholder: Placeholder | None = None, *, forwarded: bool = False
) -> Message:
    return Message("1", "ana", ME, START, text, placeholder=placeholder, is_forwarded=forwarded)


def turn(*messages: Message) -> Turn:
    return Turn(
        tuple(
            message._replace(id=str(index), sent_at=START + timedelta(seconds=index))
            for index, message in enumerate(messages)
        )
    )


LINK = mine("https://example.org/a?b=c#d")
CODE = mine("482913")
FILLER = mine("Sent from my iPhone")
PICTURE = mine(placeholder="picture")
FORWARD = mine("have a great day everyone 🌹", forwarded=True)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (mine("ok"), None),
        (mine("😀"), None),
        (mine("look at us", "picture"), None),
        (PICTURE, "placeholder_only"),
        (mine(placeholder="call"), "placeholder_only"),
        (mine(placeholder="voice message"), "placeholder_only"),
        (mine("so yesterday I went to", "voice message"), "placeholder_only"),
        (FORWARD, "forwarded"),
        (mine("", "picture", forwarded=True), "forwarded"),
        (mine("https://example.org", forwarded=True), "forwarded"),
        (LINK, "bare_link"),
        (mine("https://example.org", "picture"), "bare_link"),
        (CODE, "one_time_code"),
        (FILLER, "app_filler"),
    ],
)
def test_each_message_of_mine_is_learnt_or_not_for_one_reason(
    message: Message, reason: Unfit | None
) -> None:
    assert unfit(message) == reason


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org",
        "HTTP://EXAMPLE.ORG/x",
        "www.example.org/watch?v=1",
        " https://example.org \n",
        "https://example.org\nhttps://example.org/2 www.example.org",
        "youtu.be/abc",
        "instagram.com/p/x",
        "Example.com",
        "example.com/",
        "maps.app.goo.gl/a1B2",
        "en.wikipedia.org/wiki/Elvis",
        "bbc.co.uk/news https://example.org",
    ],
)
def test_nothing_but_addresses_is_a_bare_link(text: str) -> None:
    assert unfit(mine(text)) == "bare_link"


@pytest.mark.parametrize(
    "text",
    [
        "look https://example.org",
        "https://example.org lol",
        "https://",
        "www.",
        "www",
        "example.org",
        "and/or",
        "ok.so",
        "lol.no",
        "yes.de",
        "com",
        ".com",
        "example.com.",
        "example.com lol",
        "ana@example.com",
        "call.me/text.me",
        "youtu.be",
        "1.5/2",
        "(https://example.org)",
    ],
)
def test_an_address_with_a_word_is_no_bare_link(text: str) -> None:
    assert unfit(mine(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "482913",
        " 482913\n",
        "482-913",
        "G-482913",
        "Your verification code is 4829",
        "482913 is your ExampleBank security code. Don't share it.",
        "Use one-time password 48291377 to sign in",
        "OTP: 4829",
        "the code is 482913",
        "482 913 is the code",
        "Ihr Bestätigungscode lautet 48291",
        "Dein Einmalpasswort: 482913",
        "Votre code de vérification est 482913",
        "Tu código de verificación es 482913",
        "tu codigo de verificacion es 4829",
        "Seu código de verificação: 482913",
        "Il tuo codice di verifica è 48291",
        "Je verificatiecode is 482913",
        "Twój kod weryfikacyjny: 482913",
        "Doğrulama kodunuz: 482913",
        "Ваш код подтверждения: 4829",
        "код 482913",
        "【示例】验证码482913,5分钟内有效",
        "您的驗證碼是 482913",
        "認証コード:482913",
        "인증번호 [482913]를 입력해 주세요",
        "رمز التحقق الخاص بك هو 482913",
        "आपका सत्यापन कोड 482913 है",
    ],
)
def test_what_is_or_carries_a_one_time_code_is_known(text: str) -> None:
    assert unfit(mine(text)) == "one_time_code"


@pytest.mark.parametrize(
    "text",
    [
        "2024",
        "1930",
        "48291",
        "4829137",
        "500000",
        "+15550100001",
        "call 5550100",
        "the door code is 4829",
        "zip code 482913",
        "postal code is 482913",
        "I get paid 482913 now",
        "what's the code?",
        "did you get the verification code?",
        "my verification code has 3 digits, 123",
        "my code has 482913 lines, " + "and none of them work, " * 10,
        "encoded 482913",
    ],
)
def test_other_numbers_are_kept(text: str) -> None:
    assert unfit(mine(text)) is None


@pytest.mark.parametrize(("length", "reason"), [(200, "one_time_code"), (201, None)])
def test_a_text_longer_than_two_hundred_characters_carries_no_code(
    length: int, reason: Unfit | None
) -> None:
    assert unfit(mine("the code is 482913".ljust(length, "."))) == reason


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my iPhone",
        "ok see you then\n\nSent from my iPhone",
        "Sent from my Samsung Galaxy smartphone.",
        "Sent from my Verizon, Samsung Galaxy S21 Ultra phone",
        "Sent from my iPhone 15 Pro Max",
        "Sent from Yahoo Mail for iPhone",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "发自我的iPhone",
        "(Sent with Slam Effect)",
        "HAPPY BIRTHDAY!!\n(Sent with Balloons)",
        "love u (Sent with Heart Effect)",
        "I'm driving with Do Not Disturb While Driving turned on. "
        "I'll see your message when I get where I'm going.",
        "I’m driving with Focus turned on. I’ll see your message when I get where I’m going.",
        '(I\'m not receiving notifications. If this is urgent, reply "urgent" to send a '
        "notification through with your original message.)",
        "Can't talk right now. What's up?",
        "Sorry, I can’t talk right now.",
        "Hey, I'm using Telegram to chat. Join me! Download it here: https://telegram.org/dl",
        "Let's chat on WhatsApp! It's a fast, simple, and secure app we can use",
        "Let's switch to Signal: https://signal.org/install",
        "I'm using Waze to drive to Home, arriving at 5:10 PM.",
        "Let's play 8 Ball!",
        "Liked “see you at 8”",
        "Laughed at “the cat\nate it”",
        "Emphasized an image",
        "Removed a heart from “ok”",
        "👍 to “see you at 8”",
        "\u200a👍🏽\u200a to “see you at 8”",
    ],
)
def test_what_an_app_writes_in_my_name_is_known(text: str) -> None:
    assert unfit(mine(text)) == "app_filler"


@pytest.mark.parametrize(
    "text",
    [
        "I got an email sent from my iPhone that I never wrote",
        "Sent from my iPhone is such a lame signature",
        "sent with love",
        "(sent with love)",
        "I'm driving",
        "I'm driving right now",
        "I'm driving with the radio turned on",
        "can't talk right now",
        "on my way",
        "are you using Telegram to chat?",
        "I'm using Telegram",
        "let's switch to signal",
        "let's chat on whatsapp!",
        "let's play chess!",
        "wanna play 8 ball?",
        "liked it a lot",
        "Loved a movie yesterday",
        "Loved “Dune” and you?",
        "to “whom”",
    ],
)
def test_what_somebody_may_have_typed_is_kept(text: str) -> None:
    assert unfit(mine(text)) is None


def test_long_texts_are_judged_quickly() -> None:
    for text in (
        "\n" * 200_000,
        "(" * 200_000,
        "“" * 200_000,
        "www.a " * 50_000 + "x",
        "a-" * 100_000,
    ):
        assert unfit(mine(text + "end")) is None
    assert not is_app_filler("sent from my " + " " * 200_000)


def test_what_is_not_learnt_is_left_out_of_a_reply() -> None:
    found = target(turn(mine("look"), LINK, PICTURE, CODE, FILLER, FORWARD, mine("nice huh")))
    assert found == ("look", "nice huh")


def test_a_caption_is_learnt_without_its_picture() -> None:
    assert target(turn(mine("us!", "picture"))) == ("us!",)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((PICTURE, PICTURE), "placeholder_only"),
        ((PICTURE, LINK), "bare_link"),
        ((LINK, PICTURE), "bare_link"),
        ((LINK, CODE), "bare_link"),
        ((CODE, LINK), "one_time_code"),
        ((PICTURE, FORWARD, LINK), "forwarded"),
    ],
)
def test_a_turn_with_nothing_to_learn_tells_the_first_reason_beyond_pictures(
    messages: tuple[Message, ...], reason: Unfit
) -> None:
    assert target(turn(*messages)) == reason


def test_context_shows_everything_as_it_was_and_names_what_is_no_text() -> None:
    said = turn(
        mine("so", "voice message"), mine("us!", "picture"), PICTURE, LINK, FORWARD, mine("  ok ")
    )
    assert line(said) == Line(
        ME,
        (
            *("[voice message]", "so", "[picture]", "us!", "[picture]"),
            *(LINK.text, FORWARD.text, "  ok "),
        ),
    )
