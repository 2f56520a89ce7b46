"""Both APIs in one mocked AWS, and the gateway in front of them."""

import copy
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from functions.ingest_events import handler as ingest
from functions.manage_workspace import handler as admin
from functions.manage_workspace.wiring import Wiring
from shared.domain.access.operators import group_of
from tests.functions.ingest_events.conftest import world  # noqa: F401
from tests.functions.manage_workspace.conftest import (  # noqa: F401
    KEY,
    REQUEST,
    api,
    beforehand,
    machine_versions,
)

THEIRS = "other"


class Answer(NamedTuple):
    status: int
    body: Any


class Caller(NamedTuple):
    """Who calls: what stands in the header, and what the gateway found in a token, if it looked."""

    name: str
    authorization: str | None = None
    claims: Mapping[str, str] | None = None


def claims(*groups: str, **more: str) -> dict[str, str]:
    """What the gateway hands over of an access token: every claim a text, lists in brackets."""
    return {
        "sub": "5a2c7d9e-0000-4000-8000-000000000001",
        "username": "wei",
        "token_use": "access",
        "client_id": "the-client",
        "cognito:groups": f"[{' '.join(groups)}]",
        **more,
    }


def token(role: str, workspace_id: str = "default") -> Caller:
    return Caller(
        f"token:{workspace_id}:{role}",
        "Bearer eyJ.a.b",
        claims(group_of(workspace_id, role)),
    )


MACHINE = Caller("admin key", f"Bearer {KEY}")


def request(method: str, path: str, caller: Caller, body: Any = None) -> dict[str, Any]:
    """An event of the gateway."""
    event = copy.deepcopy(REQUEST)
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"].pop("authorization", None)
    if caller.authorization is not None:
        event["headers"]["authorization"] = caller.authorization
    if caller.claims is not None:
        event["requestContext"]["authorizer"] = {
            "jwt": {"claims": dict(caller.claims), "scopes": []}
        }
    if body is not None:
        event["body"] = json.dumps(body)
    return event


def ask(
    method: str, path: str, caller: Caller, body: Any = None, query: dict[str, str] | None = None
) -> Answer:
    """Call the admin API."""
    event = request(method, path, caller, body)
    if query:
        event["queryStringParameters"] = query
    response = admin.handle(event, None)
    return Answer(response["statusCode"], json.loads(response["body"]))


def send(method: str, path: str, caller: Caller, body: Any = None) -> Answer:
    """Call the API of clients."""
    response = ingest.handle(request(method, path, caller, body), None)
    text = response.get("body")
    return Answer(response["statusCode"], json.loads(text) if text else {})


def basic(key: str) -> str:
    return "Basic " + b64encode(f"{key}:".encode()).decode()


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say something that is seen when the test passes, too."""

    def say(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return say


@pytest.fixture
def as_other_tenant(api: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:  # noqa: F811
    """Do something in the deployment of another workspace over the same tables."""
    ours = admin.wiring()
    theirs = Wiring(ours.admin_key, replace(ours.ports, workspace_id=THEIRS))

    def there(do: Callable[..., Any], *arguments: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(admin, "wiring", lambda: theirs)
            return do(*arguments)

    return there
