"""Operators with tokens on the stack: its own pool and authorizer, every role, every bad token."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli.client import AdminClient
from cli.errors import ApiError
from infra.local.stack import LocalStack
from shared.domain.access.roles import GRANTED
from tests.scenarios.admin import Admin

pytestmark = pytest.mark.stack

PASSWORD = "Correct-horse-battery-9"
SEGMENT = {"title": "Access", "condition": {"type": "event", "event": "access_happened"}}
JOURNEY = {
    "title": "Access",
    "purpose": "transactional",
    "entry": {"type": "event", "event": "access_happened"},
    "steps": [{"type": "wait", "name": "a day", "duration": "P1D"}],
}


@pytest.fixture(scope="module")
def cognito(stack: LocalStack) -> Any:
    return stack.client("cognito-idp")


@pytest.fixture(scope="module")
def sign_in(stack: LocalStack, cognito: Any) -> Callable[..., dict[str, str]]:
    """Makes a user in some groups and gives its tokens."""

    def sign_in(name: str, *groups: str, pool: str = "", client: str = "") -> dict[str, str]:
        pool = pool or stack.outputs["OperatorPoolId"]
        client = client or stack.outputs["OperatorClientId"]
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=name,
            MessageAction="SUPPRESS",
            TemporaryPassword=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
        )
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
        )
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
        answer = cognito.admin_initiate_auth(
            UserPoolId=pool,
            ClientId=client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        return dict(answer["AuthenticationResult"])

    return sign_in


def ask(stack: LocalStack, method: str, path: str, token: str | None, body: Any = None) -> Any:
    headers = {} if token is None else {"authorization": f"Bearer {token}".strip()}
    return httpx.request(
        method, f"{stack.api_url}/v1/operator{path}", headers=headers, json=body, timeout=60
    )


def test_each_role_does_what_it_may_and_the_trail_tells_of_it(
    stack: LocalStack, admin: Admin, sign_in: Callable[..., dict[str, str]]
) -> None:
    tokens = {role: sign_in(f"op-{role}", f"default:{role}")["AccessToken"] for role in GRANTED}
    for role, token in tokens.items():
        assert ask(stack, "GET", "/segments", token).status_code == 200, role
    steps = [
        ("editor", "PUT", "/segments/access", SEGMENT),
        ("editor", "PUT", "/journeys/access", JOURNEY),
        ("approver", "POST", "/journeys/access/publish", None),
        ("editor", "POST", "/journeys/access/pause", None),
        ("approver", "POST", "/journeys/access/resume", None),
        ("admin", "POST", "/write-keys", {"source_id": "access"}),
    ]
    order = list(GRANTED)
    for needed, method, path, body in steps:
        for weaker in order[: order.index(needed)]:
            refused = ask(stack, method, path, tokens[weaker], body)
            assert refused.status_code == 403, (weaker, path, refused.text)
            assert f"needs the role {needed}" in refused.json()["message"]
        done = ask(stack, method, path, tokens[needed], body)
        assert done.status_code == 200, (needed, path, done.text)
    for role in ("viewer", "editor", "approver"):
        assert ask(stack, "GET", "/audit", tokens[role]).status_code == 403
    lines = ask(stack, "GET", "/audit?limit=6", tokens["admin"]).json()["lines"]
    assert [(one["operator"], one["operation"], one["outcome"]) for one in reversed(lines)] == [
        ("op-editor", "put_segment", "done"),
        ("op-editor", "put_journey", "done"),
        ("op-approver", "publish_journey", "done"),
        ("op-editor", "pause_journey", "done"),
        ("op-approver", "resume_journey", "done"),
        ("op-admin", "create_write_key", "done"),
    ]
    paused = lines[2]["changes"][0]
    assert (paused["before"]["status"], paused["after"]["status"]) == ("published", "paused")

    # The command takes a token where it takes the admin key.
    command = AdminClient(stack.api_url, tokens["viewer"])
    assert command.get("segments", "access")["segment"]["title"] == "Access"
    with pytest.raises(ApiError, match="needs the role editor"):
        command.put("segments", "access", body=SEGMENT)
    with pytest.raises(ApiError, match="sign in again"):
        AdminClient(stack.api_url, tokens["viewer"][:-4] + "AAAA").get("segments")
    admin.call("POST", "/journeys/access/archive", {"inside": "end"})


def test_no_bad_token_passes_the_gateway_or_the_function(
    stack: LocalStack, cognito: Any, sign_in: Callable[..., dict[str, str]], admin: Admin
) -> None:
    good = sign_in("op-good", "default:admin")
    head, _, signature = good["AccessToken"].split(".")
    forged = json.loads(_decoded(good["AccessToken"].split(".")[1]))
    forged["cognito:groups"] = ["default:admin"]
    unsigned = _encoded({"alg": "none", "kid": json.loads(_decoded(head))["kid"]})

    pool = cognito.create_user_pool(PoolName="elsewhere")["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName="default:admin")
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    other = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="x", ExplicitAuthFlows=flows
    )["UserPoolClient"]["ClientId"]
    ours = stack.outputs["OperatorPoolId"]
    second = cognito.create_user_pool_client(
        UserPoolId=ours, ClientName="y", ExplicitAuthFlows=flows
    )["UserPoolClient"]["ClientId"]
    bad = {
        "none": None,
        "empty": "",
        "garbage": "garbage",
        "admin key": admin.key,
        "write key": admin.write_key("access-matrix"),
        "another signature": f"{good['AccessToken'][:-8]}AAAAAAAA",
        "other claims": f"{head}.{_encoded({**forged, 'sub': 'x'})}.{signature}",
        "unsigned": f"{unsigned}.{_encoded(forged)}.",
        "another pool": sign_in("op-x", "default:admin", pool=pool, client=other)["AccessToken"],
        "another client": sign_in("op-y", "default:admin", client=second)["AccessToken"],
        "id token": good["IdToken"],
        "expired": _expired(cognito, stack, sign_in),
    }
    seen = {}
    for name, token in bad.items():
        for method, path in (("GET", "/segments"), ("DELETE", "/segments/x"), ("GET", "/audit")):
            seen[name] = ask(stack, method, path, token).status_code
            assert seen[name] == 401, (name, method, path)
    for name, groups in {"op-none": (), "op-role": ("admin",), "op-far": ("other:admin",)}.items():
        for group in groups:
            cognito.create_group(UserPoolId=ours, GroupName=group)
        token = sign_in(name, *groups)["AccessToken"]
        assert ask(stack, "GET", "/segments", token).status_code == 403
    # A token is none for the door of the admin key, and a path around it leads nowhere.
    header = {"authorization": f"Bearer {good['AccessToken']}"}
    for path in ("/v1/admin/segments", "/v1/admin/../operator/segments", "/v1/operator"):
        answer = httpx.get(f"{stack.api_url}{path}", headers=header, timeout=60)
        assert answer.status_code in (401, 404) or "/operator/" in str(answer.url)
    assert ask(stack, "GET", "/segments", good["AccessToken"]).status_code == 200


def _expired(cognito: Any, stack: LocalStack, sign_in: Callable[..., dict[str, str]]) -> str:
    """A token of our pool and client whose time is over."""
    place = {
        "UserPoolId": stack.outputs["OperatorPoolId"],
        "ClientId": stack.outputs["OperatorClientId"],
    }
    known = cognito.describe_user_pool_client(**place)["UserPoolClient"]
    kept = {name: value for name, value in known.items() if name in _SETTABLE}
    short = {"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "seconds"}}
    cognito.update_user_pool_client(**place, **{**kept, **short})
    token = sign_in("op-late", "default:admin")["AccessToken"]
    cognito.update_user_pool_client(**place, **kept)
    time.sleep(2)
    return token


_SETTABLE = {
    *("ExplicitAuthFlows", "AccessTokenValidity", "IdTokenValidity", "RefreshTokenValidity"),
    *("TokenValidityUnits", "PreventUserExistenceErrors", "EnableTokenRevocation"),
}


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: Any) -> str:
    return urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
