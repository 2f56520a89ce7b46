"""The admin API as an operator meets it: requests through the handler, answers read back."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse
from pydantic import TypeAdapter

from functions.manage_workspace import handler
from functions.manage_workspace.usecase import find
from shared.aws import session
from shared.domain.workspace.answers import ErrorAnswer
from shared.domain.workspace.model import STORED
from tests.conftest import NOON
from tests.functions.manage_workspace.people import EMAIL, JOURNEY, Ada

KEY = "an-admin-key-for-tests-only"
REQUEST = json.loads((Path(__file__).parent / "request.json").read_text())
ROLE = "arn:aws:iam::123456789012:role/rapport-journeys"
BUILDS = {"StartAt": "Build", "States": {"Build": {"Type": "Succeed"}}}
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:build-rapport"
RUN_STEP = "arn:aws:lambda:us-east-1:123456789012:function:run-step"


class Answer(NamedTuple):
    status: int
    body: Any


@cache
def _adapter(expected: Any) -> TypeAdapter[Any]:
    return TypeAdapter(expected)


class Api:
    """Calls the handler with events such as the gateway makes."""

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        key: str | None = f"Bearer {KEY}",
    ) -> Answer:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        event = copy.deepcopy(REQUEST)
        event["rawPath"] = f"/v1/admin{path}"
        event["requestContext"]["http"] |= {"method": method, "path": event["rawPath"]}
        if query:
            event["queryStringParameters"] = dict(query)
        if text is not None:
            event["body"] = text
        if key is None:
            del event["headers"]["authorization"]
        else:
            event["headers"]["authorization"] = key
        response = handler.handle(event, None)
        response["body"].encode()  # the runtime could not send anything else
        answer = Answer(response["statusCode"], json.loads(response["body"]))
        self._is_documented(method, event["rawPath"].rstrip("/"), answer)
        return answer

    def _is_documented(self, method: str, path: str, answer: Answer) -> None:
        """Hold every answer that any test sees to the OpenAPI document's own types."""
        expected = find(method, path)[0].answer if answer.status == 200 else ErrorAnswer
        _adapter(expected).validate_python(
            answer.body, extra="forbid", strict=False, context=STORED
        )

    def get(self, path: str, **query: str) -> Answer:
        return self("GET", path, query=query)

    def put(self, path: str, body: Any) -> Answer:
        return self("PUT", path, body)

    def post(self, path: str, body: Any = None) -> Answer:
        return self("POST", path, body)

    def delete(self, path: str) -> Answer:
        return self("DELETE", path)


@pytest.fixture
def machine_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls about versions of state machines that moto leaves out; it keeps the versions."""

    def machine(self: StepFunctionResponse) -> Any:
        return self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))

    def list_state_machine_versions(self: StepFunctionResponse) -> ActionResult:
        newest_first = reversed(machine(self).versions.values())
        found = [{"stateMachineVersionArn": version.arn} for version in newest_first]
        return ActionResult({"stateMachineVersions": found})

    def publish_state_machine_version(self: StepFunctionResponse) -> ActionResult:
        machine(self).publish(None)
        return ActionResult({"stateMachineVersionArn": machine(self).latest_version.arn})

    for call in (list_state_machine_versions, publish_state_machine_version):
        monkeypatch.setattr(StepFunctionResponse, call.__name__, call, raising=False)


@pytest.fixture
def api(
    dynamodb: Any,
    profiles_table: str,
    catalog_table: str,
    make_queue: Callable[[str], str],
    machine_versions: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Api]:
    """The API of an empty workspace."""
    secret = session.client("secretsmanager").create_secret(Name="admin-key", SecretString=KEY)
    identity = session.client("secretsmanager").create_secret(
        Name="identity", SecretString="an-identity-secret-for-tests-only"
    )
    machine = session.client("stepfunctions").create_state_machine(
        name="build-rapport", definition=json.dumps(BUILDS), roleArn=ROLE
    )
    broadcasts = session.client("stepfunctions").create_state_machine(
        name="broadcast-rapport", definition=json.dumps(BUILDS), roleArn=ROLE
    )
    moves = session.client("stepfunctions").create_state_machine(
        name="move-rapport", definition=json.dumps(BUILDS), roleArn=ROLE
    )
    environment = {
        "PROFILES_TABLE": profiles_table,
        "CATALOG_TABLE": catalog_table,
        "ADMIN_KEY_SECRET_ARN": secret["ARN"],
        "IDENTITY_SECRET_ARN": identity["ARN"],
        "JOURNEY_ROLE_ARN": ROLE,
        "DISPATCH_MESSAGE_ARN": RUN_STEP,
        "RUN_STEP_ARN": RUN_STEP,
        "IMPORTS_BUCKET": "imports",
        "IMPORTS_QUEUE_URL": make_queue("imports"),
        "ARCHIVE_BUCKET": "archives",
        "EXPORT_QUEUE_URL": make_queue("exports"),
        "ERASURE_QUEUE_URL": make_queue("erasures"),
        "LAKE_WORKGROUP": "rapport",
        "REVIEW_QUEUE_URL": make_queue("reviews"),
        "EVENTS_QUEUE_URL": make_queue("events"),
        "AUDIENCE_QUEUE_URL": make_queue("audiences"),
        "BACKTEST_QUEUE_URL": make_queue("backtests"),
        "REPLAY_QUEUE_URL": make_queue("replays"),
        "BROADCAST_MACHINE_ARN": broadcasts["stateMachineArn"],
        "BUILD_MACHINE_ARN": machine["stateMachineArn"],
        "MOVE_MACHINE_ARN": moves["stateMachineArn"],
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    handler.wiring.cache_clear()
    yield Api()
    handler.wiring.cache_clear()


@pytest.fixture
def beforehand(api: Api, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let something happen right before each call of a kind reaches DynamoDB."""
    client = handler.wiring().ports.catalog._client

    def arrange(name: str, happening: Callable[[], None]) -> None:
        call = getattr(client, name)

        def late(**request: Any) -> Any:
            happening()
            return call(**request)

        monkeypatch.setattr(client, name, late)

    return arrange


class Clock:
    """The time that the API goes by."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(api: Api) -> Clock:
    """A clock in place of the real one; it stands at noon until it is moved."""
    clock = Clock()
    object.__setattr__(handler.wiring().ports, "now", clock)
    return clock


@pytest.fixture
def ada(api: Api, clock: Clock, dynamodb: Any, profiles_table: str, make_event: Any) -> Ada:
    """Somebody who looked around and put something into a cart."""
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/cart", JOURNEY)
    clock.now = NOON + timedelta(days=1)
    ada = Ada(dynamodb, profiles_table)
    traits = {"city": "上海", "nested": {"a": [1, None]}}
    consent = {"consent": {"categoryPreferences": {"marketing": True}}}
    ada.does(
        make_event("$identify", type="identify", traits=traits, context=consent, at=NOON),
        make_event("cart", at=NOON, message_id="m-cart", properties={"price": 1.5}),
        make_event("main", at=NOON - timedelta(days=40)),
    )
    return ada
