"""Every kind of key at every route of both APIs, in two workspaces of one pair of tables."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.access.needs import NEEDS
from shared.domain.access.roles import GRANTED, LADDER
from shared.domain.events.routes import ROUTES, SETTINGS_PREFIX, SETTINGS_SUFFIX
from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from tests.functions.access.conftest import (
    MACHINE,
    THEIRS,
    Answer,
    Caller,
    ask,
    basic,
    claims,
    send,
    token,
)

MARK = "a-mark-of-the-other-tenant"
NOTHING = "00000000"


def path_of(prefix: str, path: str) -> str:
    return prefix + re.sub(r"{\w+\+?}", NOTHING, path)


def operations() -> list[tuple[str, str, str, str]]:
    """(name, method, path, needed role) of all operations."""
    return [(one.name, one.method, one.path, NEEDS[one.name]) for one in OPERATIONS]


@pytest.fixture
def keys(api: Any, world: Any, as_other_tenant: Callable[..., Any]) -> dict[str, str]:
    """Write keys of both tenants, and some that have ended."""
    made = {}
    for name in ("ours", "disabled", "retired"):
        answer = ask("POST", f"{PREFIX}/write-keys", MACHINE, {"source_id": name}).body
        made[name] = answer["write_key"]
        prefix = answer["digest_prefix"]
        if name == "disabled":
            ask("DELETE", f"{PREFIX}/write-keys/{prefix}", MACHINE)
        if name == "retired":
            over = {"old_key_hours": 0}
            assert ask("POST", f"{PREFIX}/write-keys/{prefix}/rotate", MACHINE, over).status == 200
    theirs = as_other_tenant(ask, "POST", f"{PREFIX}/write-keys", MACHINE, {"source_id": "theirs"})
    made["theirs"] = theirs.body["write_key"]
    return made


def strangers(keys: dict[str, str]) -> list[Caller]:
    """Those who must not come in by the admin key's door, whatever they hold."""
    return [
        Caller("nothing"),
        Caller("garbage", "Bearer garbage"),
        Caller("empty", "Bearer "),
        Caller("garbage token", "Bearer eyJhbGciOiJub25lIn0.e30."),
        *(Caller(f"write key {name}", f"Bearer {key}") for name, key in keys.items()),
        Caller("write key as user", basic(keys["ours"])),
        Caller("admin key as user", basic(MACHINE.authorization.partition(" ")[2])),
        # A token is not looked at here, even if a gateway said something of it.
        *(token(role) for role in GRANTED),
    ]


def test_no_other_key_opens_the_door_of_the_admin_key(
    keys: dict[str, str], tell: Callable[[str], None]
) -> None:
    count, said = 0, set()
    for caller in strangers(keys):
        for _, method, path, _ in operations():
            answer = ask(method, path_of(PREFIX, path), caller)
            assert answer.status == 401, (caller.name, method, path, answer)
            said.add(json.dumps(answer.body))
            count += 1
    assert len(said) == 1, "what is answered to strangers says nothing of what is there"
    tell(f"{count} requests of strangers below {PREFIX}")


def test_without_the_gateways_word_nobody_is_an_operator(
    keys: dict[str, str], tell: Callable[[str], None]
) -> None:
    """An expired token or one of another pool never comes here; whatever does has no claims."""
    count = 0
    callers = [
        *(one._replace(claims=None) for one in strangers(keys)),
        MACHINE,
        Caller("id token", "Bearer x", claims("default:admin", token_use="id")),
        Caller("refresh token", "Bearer x", claims("default:admin", token_use="refresh")),
        Caller("token of nobody", "Bearer x", claims("default:admin", sub="")),
    ]
    for caller in callers:
        for _, method, path, _ in operations():
            answer = ask(method, path_of(OPERATOR_PREFIX, path), caller)
            assert answer.status == 401, (caller.name, method, path, answer)
            count += 1
    tell(f"{count} requests without an operator below {OPERATOR_PREFIX}")


FOREIGNERS = [
    *(token(role, THEIRS) for role in GRANTED),
    *(token(role, "default2") for role in GRANTED),
    token("admin", ""),
    token("machine"),
    Caller("no group", "Bearer x", claims()),
    Caller("role alone", "Bearer x", claims("admin")),
    Caller("two tenants", "Bearer x", claims("other:admin", "third:viewer")),
    Caller("trick", "Bearer x", claims("x,default:admin", "[default:admin", "default:admin]x")),
    Caller("spelling", "Bearer x", claims("Default:admin", "default:Admin", "default:admins")),
]


def test_a_role_elsewhere_is_none_here(api: Any, tell: Callable[[str], None]) -> None:
    count, said = 0, set()
    for caller in FOREIGNERS:
        for _, method, path, _ in operations():
            answer = ask(method, path_of(OPERATOR_PREFIX, path), caller)
            assert answer.status == 403, (caller.name, method, path, answer)
            said.add(json.dumps(answer.body))
            count += 1
    assert len(said) == 1
    tell(f"{count} requests of operators without a role here")


def test_each_role_may_what_its_operations_need_and_nothing_more(
    api: Any, tell: Callable[[str], None]
) -> None:
    refused = let_in = 0
    for name, method, path, needed in operations():
        for caller in (*map(token, GRANTED), MACHINE):
            role = caller.name.rpartition(":")[2] if caller.claims else "machine"
            prefix = OPERATOR_PREFIX if caller.claims else PREFIX
            allowed = LADDER.index(role) >= LADDER.index(needed)
            if allowed and LADDER.index(role) > LADDER.index(needed) and caller is not MACHINE:
                continue  # the weakest that may, and the machine, say it for those between
            answer = ask(method, path_of(prefix, path), caller, {} if allowed else None)
            if allowed:
                assert answer.status not in (401, 403), (name, role, answer)
                let_in += 1
            else:
                assert answer.status == 403, (name, role, answer)
                assert f"the role {needed}" in answer.body["message"]
                refused += 1
    tell(f"{refused} requests refused for their role, {let_in} let in")


def a_batch(**more: Any) -> dict[str, Any]:
    return {"batch": [{"type": "track", "event": "cart", "userId": "u-1"}], **more}


def test_only_live_write_keys_send_events_and_each_to_its_own_workspace(
    keys: dict[str, str], world: Any, tell: Callable[[str], None]
) -> None:
    admin_key = MACHINE.authorization.partition(" ")[2]
    refused = {
        "garbage": "wk_garbage",
        "disabled": keys["disabled"],
        "retired": keys["retired"],
        "admin key": admin_key,
        "token": "eyJhbGciOiJub25lIn0.e30.",
    }
    count = 0
    event = a_batch()["batch"][0]
    for path in ROUTES:
        bodies = [a_batch()] if path.endswith(("batch", "import")) else [event]
        for body in bodies:
            for name, key in refused.items():
                for sent, caller in (
                    (body, Caller(name, basic(key))),
                    ({**body, "writeKey": key}, Caller(name)),
                    (body, Caller(name, f"Bearer {key}")),
                    (body, token("admin")),
                    (body, Caller("nothing")),
                ):
                    answer = send("POST", path, caller, sent)
                    assert answer.status in (400, 401), (path, name, answer)
                    assert answer.body["success"] is False
                    count += 1
    for name, key in refused.items():
        asked = send("GET", f"{SETTINGS_PREFIX}{key}{SETTINGS_SUFFIX}", Caller(name))
        assert asked.status in (401, 404), (name, asked)
        count += 1
    assert world.messages() == [], "not one event of a stranger was kept"
    for name in ("ours", "theirs"):
        assert send("POST", "/v1/batch", Caller(name, basic(keys[name])), a_batch()).status == 200
        [kept] = world.queued()
        assert (kept.workspace_id, kept.source_id) == (
            ("default", "ours") if name == "ours" else (THEIRS, "theirs")
        )
    tell(f"{count} requests of strangers to the API of clients")


def test_nothing_of_another_tenant_is_seen_changed_or_named(
    api: Any, as_other_tenant: Callable[..., Any], tell: Callable[[str], None]
) -> None:
    """Over the same tables, and with the same ids: whatever is theirs is not there for us."""
    condition = {"type": "trait", "trait": "city", "operator": "equals", "value": MARK}
    theirs: list[tuple[str, str, Any]] = [
        ("PUT", "/segments/shared-id", {"title": MARK, "condition": condition}),
        ("PUT", "/lists/shared-id", {"title": MARK}),
        ("PUT", "/settings", {"email_from": f"{MARK}@example.com"}),
        ("POST", "/write-keys", {"source_id": MARK}),
        ("PUT", f"/suppressions/email/{MARK}@example.com", {"reason": MARK}),
        ("PUT", "/blocks/shared-id", {"html": MARK}),
    ]
    for method, path, body in theirs:
        made: Answer = as_other_tenant(ask, method, PREFIX + path, MACHINE, body)
        assert made.status == 200, (path, made)
    their_key = as_other_tenant(ask, "GET", f"{PREFIX}/write-keys", MACHINE).body["write_keys"][0]
    count = 0
    for operation in OPERATIONS:
        if operation.method != "GET":
            continue
        for known in ("shared-id", "email", their_key["digest_prefix"], "default"):
            path = PREFIX + re.sub(r"{\w+\+?}", known, operation.path)
            answer = ask("GET", path, MACHINE)
            assert MARK not in json.dumps(answer.body), (path, answer)
            count += 1
    before = as_other_tenant(ask, "GET", f"{PREFIX}/write-keys", MACHINE)
    for method, path in (
        ("DELETE", f"/write-keys/{their_key['digest_prefix']}"),
        ("POST", f"/write-keys/{their_key['digest_prefix']}/rotate"),
        ("DELETE", "/segments/shared-id"),
        ("DELETE", "/lists/shared-id"),
    ):
        assert ask(method, PREFIX + path, MACHINE).status == 404
        count += 1
    assert as_other_tenant(ask, "GET", f"{PREFIX}/write-keys", MACHINE) == before
    segments = as_other_tenant(ask, "GET", f"{PREFIX}/segments", MACHINE).body["segments"]
    assert [one["segment"]["title"] for one in segments] == [MARK]
    tell(f"{count} requests for what is another tenant's")
