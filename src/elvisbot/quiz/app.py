"""The quiz as a web app: static files, and the API that they talk to.

It has the defences of the app that the bot is texted with.
"""

import threading
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import UnsupportedMediaType

from elvisbot.errors import InvalidRequestError
from elvisbot.quiz.choosing import QUESTIONS, Side
from elvisbot.quiz.quiz import Quiz
from elvisbot.web import MAX_BODY, defences, files, problems
from elvisbot.web.streams import STOPPING
from elvisbot.web.validation import document

PAGE: Final = Path(__file__).parent / "page"

_REMEDY: Final = "Reload the page and try again."


def create_app(quiz: Quiz) -> Flask:
    """The app that serves one quiz, to this machine alone."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    problems.register(app)
    defences.register(app, defences.LOOPBACK_NAMES)
    app.extensions[STOPPING] = threading.Event()
    app.register_blueprint(_api(quiz))
    app.register_blueprint(files.blueprint(PAGE))
    return app


def _api(quiz: Quiz) -> Blueprint:
    routes = Blueprint("quiz", __name__)

    @routes.get("/api/quiz")
    def state() -> Response:
        return jsonify(quiz.state())

    @routes.post("/api/choice")
    def choose() -> Response:
        choice = _body()
        return jsonify(quiz.choose(_number(choice), _side(choice)))

    @routes.post("/api/restart")
    def restart() -> Response:
        _body()
        return jsonify(quiz.restart())

    @routes.after_request
    def not_stored(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _body() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    return document(request.get_data())


def _number(choice: dict[str, Any]) -> int:
    number = choice.get("number")
    if type(number) is not int or not 0 <= number < QUESTIONS:
        raise InvalidRequestError("“number” is not that of a question.", remedy=_REMEDY)
    return number


def _side(choice: dict[str, Any]) -> Side:
    side = choice.get("choice")
    if side not in ("a", "b"):
        raise InvalidRequestError("“choice” is neither “a” nor “b”.", remedy=_REMEDY)
    return "a" if side == "a" else "b"
