"""`elvisbot invite` and `elvisbot invites`."""

import json
from pathlib import Path

import pytest

from elvisbot.bots import Settings, make_bot, open_bot
from elvisbot.errors import UsageError
from elvisbot.web import serving
from elvisbot.web.invites import Invites
from tests.commands import Here

URL = "https://bot.example.org"


def test_a_link_that_works_once_is_printed(home: Path, elvisbot: Here) -> None:
    make_bot("ana").save(Settings())
    made = json.loads(elvisbot("invite", "ana", "--for", "Bo", "--url", f"{URL}/", "--json").out)
    address, _, token = made["link"].partition("/join/")
    assert address == URL
    assert Invites(open_bot("ana")).is_open(token)
    assert open_bot("ana").settings.web.url == URL
    again = elvisbot("invite", "ana", "--for", "Cleo").out
    assert f"{URL}/join/" in again
    assert "Cleo" in again


def test_invites_are_listed_and_revoked(home: Path, elvisbot: Here) -> None:
    make_bot("ana").save(Settings())
    elvisbot("invite", "ana", "--for", "Bo", "--url", URL)
    (listed,) = json.loads(elvisbot("invites", "ana", "--json").out)
    assert (listed["for"], listed["used_at"]) == ("Bo", None)
    assert "not yet" in elvisbot("invites", "ana").out
    elvisbot("invites", "ana", "--revoke", listed["id"])
    assert json.loads(elvisbot("invites", "ana", "--json").out) == []
    assert elvisbot("invites", "ana", "--revoke", listed["id"]).code == 1


def test_without_an_address_nobody_can_be_invited(home: Path, elvisbot: Here) -> None:
    make_bot("ana").save(Settings())
    ended = elvisbot("invite", "ana", "--for", "Bo")
    assert ended.code == 1
    assert "--url" in ended.err
    assert not open_bot("ana").invites.exists()


@pytest.mark.parametrize(
    "url",
    ["bot.example.org", "ftp://x", "https://", "https://a/b", "https://a b", "https://u@h", "//x"],
)
def test_what_is_no_address_is_refused(home: Path, elvisbot: Here, url: str) -> None:
    make_bot("ana").save(Settings())
    assert elvisbot("invite", "ana", "--for", "Bo", "--url", url).code == 1
    assert not open_bot("ana").invites.exists()


def test_with_invites_others_can_be_served() -> None:
    with serving.listen("0.0.0.0", 0, to_others=True) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


def test_an_address_of_another_machine_cannot_be_served() -> None:
    with pytest.raises(UsageError, match="no address of this machine"):
        serving.listen("192.0.2.1", 0, to_others=True)
