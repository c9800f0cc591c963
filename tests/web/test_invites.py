"""Who gets into a bot that others can reach."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from elvisbot.bots import Bot, make_bot
from elvisbot.errors import UsageError
from elvisbot.web.doors import cookie_name
from elvisbot.web.invites import Invites
from tests.web.conftest import HELLO


@pytest.fixture
def bot(home: Path) -> Bot:
    return make_bot("Elvis")


@pytest.fixture
def invites(bot: Bot) -> Invites:
    return Invites(bot)


@pytest.fixture
def client(make_app: Callable[..., Flask], invites: Invites) -> FlaskClient:
    return make_app(invites=invites).test_client()


def written(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


# Invites


def test_a_link_gives_one_cookie_and_the_cookie_lets_in(invites: Invites) -> None:
    token = invites.make("Ana")
    cookie = invites.redeem(token)
    assert cookie is not None
    assert invites.admits(cookie)
    assert invites.redeem(token) is None
    assert not invites.is_open(token)


def test_a_link_is_no_cookie_and_a_cookie_is_no_link(invites: Invites) -> None:
    token = invites.make("Ana")
    assert not invites.admits(token)
    cookie = invites.redeem(token)
    assert cookie is not None
    assert invites.redeem(cookie) is None
    assert not invites.admits(token)


def test_a_link_opened_many_times_at_once_lets_one_in(invites: Invites) -> None:
    token = invites.make("Ana")
    with ThreadPoolExecutor(8) as pool:
        cookies = list(pool.map(invites.redeem, [token] * 40))
    assert len([cookie for cookie in cookies if cookie]) == 1


@pytest.mark.parametrize("is_used", [True, False])
def test_what_is_revoked_lets_nobody_in(bot: Bot, invites: Invites, is_used: bool) -> None:
    token = invites.make("Ana")
    cookie = invites.redeem(token) if is_used else None
    Invites(bot).revoke(token.partition(".")[0])  # as another process would
    assert not invites.admits(cookie or "")
    assert invites.redeem(token) is None
    assert invites.all() == []


def test_nothing_secret_is_kept(bot: Bot, invites: Invites) -> None:
    token = invites.make("Ana")
    cookie = invites.redeem(token) or ""
    for secret in (token, cookie):
        assert len(secret.partition(".")[2]) >= 43
        assert secret.partition(".")[2] not in written(bot.invites)
    for path in bot.invites.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_list_of_them_tells_whose_they_are(invites: Invites) -> None:
    invites.make("Ana")
    invites.redeem(invites.make("  Bo 🌊 "))
    assert {(each.who, each.used_at is None) for each in invites.all()} == {
        ("Ana", True),
        ("Bo 🌊", False),
    }


@pytest.mark.parametrize("who", ["", "  ", "x" * 101, "a\nb", "\x1b[31m"])
def test_an_invite_is_for_somebody(invites: Invites, who: str) -> None:
    with pytest.raises(UsageError):
        invites.make(who)


@pytest.mark.parametrize(
    "token", ["", ".", "host.", "host.x", "../invites.x", "00000000.x", "\ud800.x", "ab" * 9999]
)
def test_nothing_else_opens(bot: Bot, invites: Invites, token: str) -> None:
    invites.make("Ana")
    (bot.invites / "00000000").mkdir()
    (bot.invites / "00000000" / "invite.json").write_text("[" * 99999)
    assert not invites.admits(token)
    assert invites.redeem(token) is None
    assert not invites.is_open(f"../invites/{invites.all()[0].id}.x")
    with pytest.raises(UsageError):
        invites.revoke(token)


# The door


@pytest.mark.parametrize(
    "path", ["/", "/api/bot", "/assets/index-1a2b.js", "/nowhere", "/join", "/join/", "/api/reply"]
)
def test_without_an_invite_nothing_is_to_be_had(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.post("/api/reply", json=HELLO).status_code == 401


def test_a_browser_is_told_so_in_words(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 401
    assert answer.mimetype == "text/html"
    assert "link from its owner" in answer.text


def test_whether_the_server_is_up_may_be_asked_by_everybody(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_a_preview_of_a_link_does_not_use_it_up(client: FlaskClient, invites: Invites) -> None:
    link = f"/join/{invites.make('Ana')}"
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
    assert client.post(link).status_code == 303


def test_the_cookie_lets_in_and_no_script_can_read_it(
    client: FlaskClient, invites: Invites
) -> None:
    entered = client.post(f"/join/{invites.make('Ana')}")
    attributes = {part.strip() for part in entered.headers["Set-Cookie"].split(";")}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
    assert "Secure" not in attributes
    assert entered.headers["Location"] == "/"
    assert client.get("/api/bot").status_code == 200
    assert client.post("/api/reply", json=HELLO).status_code == 200
    invites.revoke(invites.all()[0].id)
    assert client.get("/api/bot").status_code == 401


def test_by_https_the_cookie_travels_by_nothing_else(
    make_app: Callable[..., Flask], invites: Invites
) -> None:
    client = make_app(invites=invites, is_secure=True).test_client()
    entered = client.post(f"/join/{invites.make('Ana')}")
    assert "; Secure" in entered.headers["Set-Cookie"]


def test_another_site_cannot_press_the_button(client: FlaskClient, invites: Invites) -> None:
    link = f"/join/{invites.make('Ana')}"
    assert client.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(link, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post(link).status_code == 303


@pytest.mark.parametrize("token", ["x", "00000000.x", "%ff", "a" * 5000, "%00", "{{7*7}}"])
def test_a_link_that_is_none_says_so(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/join/{token}"), client.post(f"/join/{token}")):
        assert answer.status_code == 404
        assert "used up" in answer.text
        assert "49" not in answer.text


def test_the_page_of_a_link_runs_nothing_and_is_not_kept(
    make_app: Callable[..., Flask], invites: Invites
) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}"
    client = make_app(invites=invites, name=hostile).test_client()
    page = client.get(f"/join/{invites.make('Ana')}")
    assert "<script>" not in page.text
    assert "49" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_two_bots_of_one_host_have_two_cookies() -> None:
    assert cookie_name("Elvis") != cookie_name("elvis")
