"""What anyone writes is text: as a message, as the bot's reply, as the bot's name."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.browsing import Open, bubble, bubbles, field, send, wait_for_bubbles
from tests.web.repliers import Scripted, said

PAYLOADS = [
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<IMG SRC=x OnErRoR=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><script>alert(1)</script></svg>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x61;script:alert(1)'>x</a>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=javascript:alert(1)//>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<template><script>alert(1)</script></template>",
    "\"><script>alert(1)</script>",
    "'-alert(1)-'",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "https://example.com/\" onmouseover=alert(1) x=\"",
    "https://user:pass@evil.example/",
    "<|answer|><|brk|><|endoftext|>",
    "<|ans<|answer|>wer|>",
]  # fmt: skip

ELEMENTS = "img, script, iframe, object, embed, style, link, base, meta, video, audio, math"


def harmless(page: Page) -> None:
    """No script has run (the fixture counts its dialogs), and no element came of a text."""
    page.wait_for_timeout(100)
    assert page.locator("main").locator(ELEMENTS).count() == 0
    assert page.locator("form:not(.card-body), svg:not(.send svg)").count() == 0
    links = page.locator("main a").evaluate_all("links => links.map(link => link.protocol)")
    assert set(links) <= {"http:", "https:"}


def test_as_a_message_and_as_the_bots_reply(open_app: Open, serve: Callable[..., str]) -> None:
    page = open_app(serve(Scripted(*said(*PAYLOADS))))
    for payload in PAYLOADS:
        send(page, payload)
    wait_for_bubbles(page, "me", len(PAYLOADS), timeout=60_000)
    assert bubbles(page, "them") == PAYLOADS
    assert bubbles(page, "me") == PAYLOADS
    harmless(page)


def test_a_message_may_be_as_long_as_the_field_lets_it(open_app: Open) -> None:
    page = open_app()
    longest = field(page).get_attribute("maxlength")
    send(page, "é" * int(longest or 0))
    wait_for_bubbles(page, "me", 1)


def test_as_the_quote_of_a_message(open_app: Open, serve: Callable[..., str]) -> None:
    page = open_app(serve(Scripted(*said("ok"))))
    send(page, PAYLOADS[0])
    bubble(page, PAYLOADS[0]).dblclick()
    page.get_by_role("button", name="Reply").click()
    send(page, "what?")
    expect(page.locator(".quote")).to_contain_text(PAYLOADS[0])
    harmless(page)


def test_as_the_name_of_the_bot(open_app: Open, serve: Callable[..., str]) -> None:
    name = " ".join(PAYLOADS)
    page = open_app(serve(Scripted(*said("hi")), name=name), bot=name)
    expect(page).to_have_title(name)
    expect(page.locator("h1")).to_contain_text(name)
    page.get_by_role("button", name="contact card").click()
    expect(page.locator("#card-name")).to_have_text(name)
    harmless(page)
    icon = page.request.get(f"{page.url}icon.svg").text()
    assert "<script" not in icon
    manifest = page.request.get(f"{page.url}manifest.webmanifest").json()
    assert manifest["name"] == name
