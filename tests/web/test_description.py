"""The API does what its description says, whatever is sent to it."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from elvisbot.bots import Settings
from elvisbot.conversation import ME
from elvisbot.replies import Replier
from elvisbot.web import create_app
from tests.scripted import ScriptedEngine

app = create_app(
    Replier(ScriptedEngine("hey<|brk|>you"), Settings()),
    name="Ana",
    model="a script",
    static=Path(__file__).parent,
)
REFUSED = {"negative_data_rejection": {"expected-statuses": [400, 405, 413, 415]}}
config = schemathesis.Config.from_dict({"checks": REFUSED})
schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=config)


@schema.parametrize()
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_is_answered_as_described(case: schemathesis.Case) -> None:
    # Who has to speak last, a schema cannot say.
    excluded = [positive_data_acceptance] if _ends_with_the_bot(case.body) else []
    case.call_and_validate(excluded_checks=excluded)


def _ends_with_the_bot(body: Any) -> bool:
    match body:
        case {"messages": [*_, {"from": sender}]}:
            return sender == ME
    return False


def test_the_description_is_that_of_the_whole_api() -> None:
    described = app.test_client().get("/api/openapi.json").get_json()["paths"]
    routes = {
        (str(rule), method.lower())
        for rule in app.url_map.iter_rules()
        if str(rule).startswith(("/api", "/healthz")) and rule.endpoint != "api.not_to_get"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, each in described.items() for method in each} == routes
