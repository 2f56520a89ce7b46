"""Who a request is from: the header first, then the body, then each event for itself."""

import hmac
from base64 import b64encode
from typing import Any

import pytest

from shared.aws import keys, write_keys


def basic(user: str, password: str = "") -> dict[str, str | None]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


NONE: dict[str, str | None] = {"authorization": None}


def sources(world: Any) -> list[tuple[str, str, str]]:
    return [(e.message_id, e.workspace_id, e.source_id) for e in world.queued()]


def test_the_header_beats_the_body_and_the_event(world: Any, good: Any) -> None:
    body = {"writeKey": "wk_tenant", "batch": [{**good, "writeKey": "wk_other"}]}
    assert world.send(body, headers=basic("wk_app"))[0] == 200
    assert sources(world) == [("m-1", "default", "app")]


@pytest.mark.parametrize("name", ["writeKey", "api_key"])
def test_the_body_beats_the_event(world: Any, good: Any, name: str) -> None:
    body = {name: "wk_app", "batch": [{**good, "writeKey": "wk_tenant"}]}
    assert world.send(body, headers=NONE)[0] == 200
    assert sources(world) == [("m-1", "default", "app")]


def test_events_may_each_have_their_own_key_and_those_without_are_named(
    world: Any, good: Any
) -> None:
    batch = [
        {**good, "messageId": "m-1", "writeKey": "wk_app"},
        {**good, "messageId": "m-2", "writeKey": "wk_other"},
        {**good, "messageId": "m-3", "api_key": "wk_tenant"},
        {**good, "messageId": "m-4"},
        {**good, "messageId": "m-5", "writeKey": "wk_disabled"},
    ]
    status, body, _ = world.send({"batch": batch}, headers=NONE)
    assert (status, body["accepted"]) == (200, 2)
    assert [(each["index"], each["code"]) for each in body["rejected"]] == [
        (1, "unauthorized"),
        (3, "unauthorized"),
        (4, "unauthorized"),
    ]
    assert sources(world) == [("m-1", "default", "app"), ("m-3", "tenant", "web")]


def test_only_what_came_with_a_servers_key_is_a_servers_word(world: Any, good: Any) -> None:
    batch = [
        {**good, "messageId": "m-1", "writeKey": "wk_app", "server": True},
        {**good, "messageId": "m-2", "writeKey": "wk_server"},
    ]
    assert world.send({"batch": batch}, headers=NONE)[0] == 200
    assert [(event.message_id, event.server) for event in world.queued()] == [
        ("m-1", False),
        ("m-2", True),
    ]


@pytest.mark.parametrize("headers", [NONE, {"authorization": "Bearer token"}, basic("")])
def test_a_header_without_a_user_leaves_it_to_the_body(
    world: Any, good: Any, headers: dict[str, str | None]
) -> None:
    assert world.send({"writeKey": "wk_test", "batch": [good]}, headers=headers)[0] == 200


def test_a_password_does_not_matter(world: Any, good: Any) -> None:
    assert world.send({"batch": [good]}, headers=basic("wk_test", "secret:s"))[0] == 200


def test_a_strangers_body_is_not_even_unpacked(world: Any) -> None:
    status, body, _ = world.send(b"\x1f\x8b not gzip", headers=basic("wk_other"))
    assert (status, body["code"]) == (401, "unauthorized")


def test_a_key_is_compared_as_a_whole_and_in_constant_time(
    world: Any, good: Any, catalog_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is found by half of the hash; a row with another second half opens nothing."""
    compared: list[tuple[str, str]] = []

    def compare(stored: str, given: str) -> bool:
        compared.append((stored, given))
        return hmac.compare_digest(stored, given)

    monkeypatch.setattr(write_keys, "compare_digest", compare)
    known = write_keys.digest("wk_half")
    place = keys.write_key(known)
    world.dynamodb.put_item(
        TableName=catalog_table,
        Item={
            "pk": {"S": place.pk},
            "sk": {"S": place.sk},
            "digest": {"S": known[:32] + "0" * 32},
            "workspace_id": {"S": "default"},
            "source_id": {"S": "web"},
            "disabled": {"BOOL": False},
        },
    )
    assert world.send({"batch": [good]}, headers=basic("wk_half"))[0] == 401
    assert compared == [(known[:32] + "0" * 32, known)]


def test_no_key_is_stored_in_the_clear(world: Any, catalog_table: str) -> None:
    rows = world.dynamodb.scan(TableName=catalog_table)["Items"]
    assert rows
    assert "wk_" not in str(rows)
