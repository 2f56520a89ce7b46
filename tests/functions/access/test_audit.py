"""The audit trail: no change without a line, whatever ends in between; and nobody named in it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_type_hints

import pytest

from functions.manage_workspace import handler
from shared.aws import keys, session
from shared.aws.export_store import Export, ExportStore
from shared.domain.access.needs import DISCLOSES, HANDED_OUT, changes
from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from tests.conftest import NOON
from tests.functions.access.conftest import MACHINE, ask, request, token

SEGMENT = {"title": "Buyers", "condition": {"type": "event", "event": "payment_done"}}
OTHER = {**SEGMENT, "title": "Customers"}
EMAIL = "ada.marker@example.com"
PHONE = "13800138000"


class Died(BaseException):
    """The function ends here."""


def page(**query: str) -> dict[str, Any]:
    event = request("GET", f"{PREFIX}/audit", MACHINE)
    event["queryStringParameters"] = query
    answer = handler.handle(event, None)
    assert answer["statusCode"] == 200, answer
    return dict(json.loads(answer["body"]))


def lines(**query: str) -> list[dict[str, Any]]:
    return list(page(**query)["lines"])


def test_a_change_tells_who_what_before_and_after(api: Any) -> None:
    ask("PUT", f"{PREFIX}/segments/buyers", MACHINE, SEGMENT)
    ask("PUT", f"{OPERATOR_PREFIX}/segments/buyers", token("editor"), OTHER)
    ask("DELETE", f"{OPERATOR_PREFIX}/segments/buyers", token("admin"))
    deleted, changed, made = lines(texts="yes")
    assert [one["operation"] for one in (made, changed, deleted)] == [
        *("put_segment", "put_segment", "delete_segment")
    ]
    assert (made["operator"], made["role"]) == ("admin key", "machine")
    assert (changed["operator"], changed["role"]) == ("wei", "editor")
    assert {one["names"]["segment_id"] for one in (made, changed, deleted)} == {"buyers"}
    assert {one["outcome"] for one in (made, changed, deleted)} == {"done"}
    [first], [second], [third] = (one["changes"] for one in (made, changed, deleted))
    assert first["what"] == "SEGMENT#buyers"
    assert (first["before"], first["after"]["version"]) == (None, 1)
    assert (second["before"]["version"], second["after"]["version"]) == (1, 2)
    assert json.loads(second["before"]["text"])["title"] == "Buyers"
    assert json.loads(second["after"]["text"])["title"] == "Customers"
    assert (third["before"]["version"], third["after"]) == (2, None)


def test_settings_are_told_as_a_whole(api: Any) -> None:
    ask("PUT", f"{PREFIX}/settings", MACHINE, {"timezone": "Asia/Shanghai"})
    ask("PUT", f"{PREFIX}/settings", MACHINE, {"timezone": "Europe/Berlin"})
    [change] = lines()[0]["changes"]
    assert json.loads(change["before"]["body"])["timezone"] == "Asia/Shanghai"
    assert json.loads(change["after"]["body"])["timezone"] == "Europe/Berlin"


def test_keys_are_told_without_their_secret(api: Any, dynamodb: Any, catalog_table: str) -> None:
    made = ask("POST", f"{PREFIX}/write-keys", MACHINE, {"source_id": "web"}).body
    turned = ask("POST", f"{PREFIX}/write-keys/{made['digest_prefix']}/rotate", MACHINE, {}).body
    ask("DELETE", f"{PREFIX}/write-keys/{made['digest_prefix']}", MACHINE)
    disabled, rotated, created = lines()
    assert created["changes"][0]["after"]["source_id"] == "web"
    assert [one["before"] is None for one in rotated["changes"]] == [True, False]
    assert "retires_at" in rotated["changes"][1]["after"]
    assert disabled["changes"][0]["after"]["disabled"] is True
    stored = str(dynamodb.scan(TableName=catalog_table)["Items"])
    assert made["write_key"] not in stored
    assert turned["write_key"] not in stored


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_whatever_changes_leaves_a_line(api: Any, operation: Any) -> None:
    path = PREFIX + operation.path.replace("+}", "}").replace("{", "").replace("}", "")
    ask(operation.method, path, MACHINE, {"no_such_field": 1})
    left = [one["operation"] for one in lines()]
    told = changes(operation.name, operation.method) or operation.name == "get_user_hash_key"
    assert left == ([operation.name] if told else [])


def fields_of(answer: Any) -> set[str]:
    """The names of the fields of an answer, and of the one thing in it."""
    own = get_type_hints(answer)
    inner = (get_type_hints(one) for one in own.values() if hasattr(one, "__required_keys__"))
    return {*own, *(name for fields in inner for name in fields)}


def test_the_operations_that_hand_out_are_those_with_a_link_or_secret_in_their_answer() -> None:
    looks = [one for one in OPERATIONS if not changes(one.name, one.method)]
    found = {one.name for one in looks if HANDED_OUT & fields_of(one.answer)}
    # Where a destination lies is a setting of the operator's.
    assert found - {"get_destination"} == DISCLOSES


@pytest.fixture
def exports(dynamodb: Any, catalog_table: str) -> ExportStore:
    session.client("s3").create_bucket(Bucket="archives")
    return ExportStore(dynamodb, catalog_table)


def test_who_waits_for_a_file_leaves_no_line_until_it_is_handed_out(
    api: Any, exports: ExportStore, beforehand: Callable[..., None]
) -> None:
    export = Export(export_id="e-1", profile_id="p-1", requested_at=NOON, status="running")
    exports.put("default", export)
    path = f"{OPERATOR_PREFIX}/exports/e-1"
    for _ in range(3):
        assert ask("GET", path, token("approver")).body["export"]["url"] is None
    assert lines() == []

    exports.put("default", replace(export, status="done", size=3))
    assert ask("GET", path, token("approver")).body["export"]["url"]
    [line] = lines()
    assert (line["operation"], line["operator"], line["outcome"]) == ("get_export", "wei", "done")
    assert line["names"]["export_id"] == "e-1"

    def fail() -> None:
        raise ConnectionError

    beforehand("put_item", fail)
    assert ask("GET", path, token("approver")).status >= 500, "nothing goes out without a line"


def test_who_is_refused_changes_nothing_and_leaves_no_line(api: Any) -> None:
    assert ask("PUT", f"{OPERATOR_PREFIX}/settings", token("editor"), {}).status == 403
    assert ask("PUT", f"{PREFIX}/segments/buyers", MACHINE, {"title": 1}).status == 400
    [line] = lines()
    assert (line["outcome"], line["code"], line["changes"]) == ("refused", "invalid_input", [])


def test_what_was_refused_after_a_part_of_it_was_done_is_told_as_failed(api: Any) -> None:
    journey = {
        "title": "Called",
        "purpose": "transactional",
        "clock": "due_index",
        "entry": {"type": "call"},
        "steps": [{"type": "wait", "name": "a", "duration": "P1D"}],
    }
    assert ask("PUT", f"{PREFIX}/journeys/called", MACHINE, journey).status == 200
    for action in ("publish", "moves"):
        assert ask("POST", f"{PREFIX}/journeys/called/{action}", MACHINE).status == 200
    refused = ask("POST", f"{PREFIX}/journeys/called/archive", MACHINE, {"inside": "end"})
    assert refused.status == 409, refused
    [line] = [one for one in lines() if one["operation"] == "archive_journey"]
    assert line["changes"][0]["after"]["status"] == "archived"
    assert (line["outcome"], line["code"]) == ("failed", "conflict")


@pytest.mark.parametrize("call", range(1, 12))
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_no_crash_leaves_a_change_without_its_line(
    api: Any, monkeypatch: pytest.MonkeyPatch, call: int, before: bool
) -> None:
    """It ends before or after each of its calls; the change is there only with its line."""
    client = handler.wiring().ports.catalog._client
    made = 0

    def arrange(name: str) -> None:
        real = getattr(client, name)

        def counted(**request: Any) -> Any:
            nonlocal made
            made += 1
            if made == call and before:
                raise Died
            answer = real(**request)
            if made == call:
                raise Died
            return answer

        patch.setattr(client, name, counted)

    died = False
    with monkeypatch.context() as patch:
        for name in ("get_item", "put_item", "query", "transact_write_items", "update_item"):
            arrange(name)
        try:
            ask("PUT", f"{PREFIX}/segments/buyers", MACHINE, SEGMENT)
        except Died:
            died = True
    there = ask("GET", f"{PREFIX}/segments/buyers", MACHINE).status == 200
    told = lines()
    if there:
        [line] = told
        assert line["changes"][0]["what"] == "SEGMENT#buyers"
        assert line["outcome"] == "done"
    elif told:
        assert told[0]["outcome"] == "unknown"
        assert told[0]["changes"] == []
    assert died or there


def test_a_change_whose_first_line_cannot_be_stored_is_not_made(
    api: Any, beforehand: Callable[..., None]
) -> None:
    def fail() -> None:
        raise ConnectionError

    beforehand("put_item", fail)
    assert ask("PUT", f"{PREFIX}/segments/buyers", MACHINE, SEGMENT).status >= 500
    assert ask("GET", f"{PREFIX}/segments/buyers", MACHINE).status == 404


def test_pages_follow_each_other_without_a_gap(api: Any) -> None:
    for number in range(7):
        ask("PUT", f"{PREFIX}/lists/list-{number}", MACHINE, {"title": "A list"})
    everything = [one["audit_id"] for one in lines()]
    assert len(everything) == 7
    paged: list[str] = []
    query = {"limit": "2"}
    for _ in range(4):
        body = page(**query)
        paged += [one["audit_id"] for one in body["lines"]]
        query = {"limit": "2", "cursor": body["cursor"]}
    assert paged == everything
    assert body["cursor"] is None


def test_nobody_is_named_and_yet_found(api: Any, dynamodb: Any, catalog_table: str) -> None:
    """Addresses, identifiers, profiles: in no line, and whoever knows one finds what was done."""
    profile = "01profileofsomebody"
    wanted = [
        ("PUT", f"/suppressions/email/{EMAIL}", {"reason": EMAIL}),
        ("POST", f"/profiles/{profile}/erasure", None),
        ("POST", f"/profiles/{profile}/unmerge", {"identifier": {"kind": "email", "value": EMAIL}}),
        ("PUT", f"/profiles/{profile}/consents/marketing", {"granted": True, "detail": EMAIL}),
        ("POST", "/lists/vips/members", {"add": [{"kind": "email", "value": EMAIL}]}),
        ("POST", "/lake/query", {"sql": f"SELECT '{EMAIL}'"}),
        ("PUT", f"/segments/{EMAIL}", SEGMENT),
        ("POST", "/journeys/x/calls", {"people": [{"kind": "email", "value": EMAIL}], EMAIL: []}),
        ("POST", "/write-keys", {"source_id": EMAIL, "kind": EMAIL}),
        ("PUT", f"/lists/{PHONE}", {"title": "By mistake"}),
        ("PUT", "/broadcasts/spring", {"journey_id": PHONE, "segment_id": PHONE}),
    ]
    for method, path, body in wanted:
        ask(method, PREFIX + path, MACHINE, body)
    rows = dynamodb.query(
        TableName=catalog_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.audits("default")}},
    )["Items"]
    stored = json.dumps(rows)
    assert len(lines()) == len(wanted)
    for personal in (EMAIL, "ada", PHONE, profile):
        assert personal not in stored
    assert [one["operation"] for one in lines(profile_id=profile)] == [
        *("put_consent", "unmerge_profile", "create_erasure")
    ]
    assert lines(profile_id="somebody-else") == []
