"""The web app: the built front end, and the little API that it talks to.

`create_app` is a function of what it serves; nothing here is global. Conversations are stored
nowhere: they live in the visitor's browser.
"""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Final

from flask import Flask

from elvisbot.replies import Replier
from elvisbot.web import api, defences, doors, files, homescreen, problems
from elvisbot.web.invites import Invites
from elvisbot.web.streams import STOPPING
from elvisbot.web.turnstile import Turnstile

STATIC: Final = Path(__file__).parent / "static"
"""Where the build puts the front end."""

MAX_BODY: Final = 64 * 1024
"""Bytes of a request's body."""


def create_app(
    replier: Replier,
    *,
    name: str,
    model: str,
    allowed_hosts: Collection[str] = defences.LOOPBACK_NAMES,
    static: Path = STATIC,
    invites: Invites | None = None,
    is_secure: bool = False,
    turnstile: Turnstile | None = None,
    heartbeat: float = 1.0,
) -> Flask:
    """The app that serves one bot.

    Args:
        replier: Answers.
        name: Whom the bot imitates, as shown.
        model: What answers, as shown.
        allowed_hosts: Names and addresses, without ports, by which visitors may call this server.
        static: The folder of the built front end.
        invites: Only those who have one may come in; None lets everybody in who reaches the server.
        is_secure: Whether visitors come by HTTPS.
        turnstile: Lets as many replies through at a time as the engine can make.
        heartbeat: Seconds between the signs of life of a reply in the making.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    problems.register(app)
    defences.register(app, allowed_hosts)
    if invites is not None:
        doors.register(app, invites, name=name, is_secure=is_secure)
    app.extensions[STOPPING] = stopping = threading.Event()
    app.register_blueprint(
        api.blueprint(
            replier,
            name,
            model,
            turnstile=turnstile or Turnstile(through=replier.at_once),
            heartbeat=heartbeat,
            stopping=stopping,
        )
    )
    app.register_blueprint(homescreen.blueprint(name, api.initials(name)))
    app.register_blueprint(files.blueprint(static))
    return app
