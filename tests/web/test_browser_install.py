"""The app on a home screen."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from elvisbot.bots import make_bot
from elvisbot.web.invites import Invites
from tests.web.browsing import Open, send, wait_for_bubbles
from tests.web.repliers import Scripted, said


def test_the_browser_finds_nothing_against_installing_it(open_app: Open) -> None:
    page = open_app()
    page.evaluate("navigator.serviceWorker.ready")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A profile that leaves no trace may not install anything.
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


def test_name_and_icon_are_the_bots(open_app: Open, serve: Callable[..., str]) -> None:
    page: Page = open_app(serve(Scripted(*said("hi")), name="Ana Lima"), bot="Ana Lima")
    manifest = json.loads(page.request.get(f"{page.url}manifest.webmanifest").text())
    assert (manifest["name"], manifest["display"]) == ("Ana Lima", "standalone")
    title = page.locator('meta[name="apple-mobile-web-app-title"]')
    expect(title).to_have_attribute("content", "Ana Lima")
    touch = page.locator('link[rel="apple-touch-icon"]').get_attribute("href") or ""
    assert touch.startswith("data:image/png;base64,")
    icon = page.locator('link[rel="apple-touch-icon"]').evaluate(
        """link => new Promise((resolve, reject) => {
          const image = new Image();
          image.onload = () => resolve([image.naturalWidth, image.naturalHeight]);
          image.onerror = reject;
          image.src = link.href;
        })"""
    )
    assert icon == [180, 180]
    response = page.goto(f"{page.url}icon.svg")
    assert response is not None
    assert "image/svg+xml" in response.headers["content-type"]
    assert page.locator("text").text_content() == "AL"


def test_an_invite_opens_the_app_and_all_that_belongs_to_it(
    chromium: Browser, serve: Callable[..., str], home: Path
) -> None:
    invites = Invites(make_bot("Elvis"))
    token = invites.make("Ana")
    address = serve(Scripted(*said("hi")), invites=invites)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_text("you need a link from its owner")).to_be_visible()
    page.goto(f"{address}/join/{token}")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("button", name="Start texting").click()
    manifest = context.new_cdp_session(page).send("Page.getAppManifest")
    assert json.loads(manifest["data"])["name"] == "Elvis"
    send(page, "hey")
    wait_for_bubbles(page, "me", 1)
    page.evaluate("navigator.serviceWorker.ready")
    invites.revoke(invites.all()[0].id)
    page.reload()
    expect(page.get_by_text("you need a link from its owner")).to_be_visible()
    context.close()
