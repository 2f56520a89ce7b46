"""Write keys from the operator's hand to the client's: two live ones, limits, and their end."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.workspace.operation import PREFIX
from tests.conftest import NOON
from tests.functions.access.conftest import MACHINE, Answer, Caller, ask, basic, send

PATH = f"{PREFIX}/write-keys"


@pytest.fixture(autouse=True)
def _both(api: Any, world: Any) -> None:
    """Operators and clients over the same tables."""


def create(**more: Any) -> dict[str, Any]:
    answer = ask("POST", PATH, MACHINE, {"source_id": "web", **more})
    assert answer.status == 200, answer
    return dict(answer.body)


def rotate(prefix: str, **more: Any) -> Answer:
    return ask("POST", f"{PATH}/{prefix}/rotate", MACHINE, more)


def client(key: str, events: int = 1, **properties: Any) -> Answer:
    batch = [
        {"type": "track", "event": "cart", "userId": f"u-{number}", "properties": properties}
        for number in range(events)
    ]
    return send("POST", "/v1/batch", Caller("client", basic(key)), {"batch": batch})


def test_both_keys_of_a_rotation_work_until_the_old_one_ends(world: Any) -> None:
    old = create(kind="server", events_per_minute=5_000, max_event_bytes=2_000)
    turned = rotate(old["digest_prefix"], old_key_hours=1).body
    for key in (old["write_key"], turned["write_key"]):
        assert client(key).status == 200
    assert {(one.source_id, one.server) for one in world.queued()} == {("web", True)}
    listed = {one["digest_prefix"]: one for one in ask("GET", PATH, MACHINE).body["write_keys"]}
    assert listed[old["digest_prefix"]]["retires_at"]
    new = listed[turned["digest_prefix"]]
    assert (new["kind"], new["events_per_minute"], new["max_event_bytes"], new["retires_at"]) == (
        *("server", 5_000, 2_000, None),
    )


def test_an_old_key_ends_by_itself() -> None:
    old = create()
    turned = rotate(old["digest_prefix"], old_key_hours=0).body
    assert client(old["write_key"]).status == 401
    assert client(turned["write_key"]).status == 200
    assert rotate(old["digest_prefix"]).status == 400
    assert rotate(turned["digest_prefix"]).status == 200


def test_there_are_two_live_keys_at_most() -> None:
    first = create()
    second = rotate(first["digest_prefix"]).body
    for prefix in (first["digest_prefix"], second["digest_prefix"]):
        refused = rotate(prefix)
        assert refused.status == 400
        assert "2 live keys" in refused.body["message"]
    ask("DELETE", f"{PATH}/{first['digest_prefix']}", MACHINE)
    assert rotate(second["digest_prefix"]).status == 200


def test_a_rotation_whose_answer_was_lost_is_made_again_once_its_key_is_disabled() -> None:
    old = create()
    lost = rotate(old["digest_prefix"], old_key_hours=1).body
    ask("DELETE", f"{PATH}/{lost['digest_prefix']}", MACHINE)
    again = rotate(old["digest_prefix"], old_key_hours=2)
    assert again.status == 200, again
    listed = {one["digest_prefix"]: one for one in ask("GET", PATH, MACHINE).body["write_keys"]}
    assert listed[old["digest_prefix"]]["retires_at"] == again.body["old"]["retires_at"]
    assert [client(one["write_key"]).status for one in (old, lost, again.body)] == [200, 401, 200]


def test_two_rotations_at_once_make_one_key(beforehand: Any) -> None:
    first = create()
    others: list[int] = []

    def meanwhile() -> None:
        if not others:
            others.append(0)
            others[0] = rotate(first["digest_prefix"]).status

    beforehand("transact_write_items", meanwhile)
    assert rotate(first["digest_prefix"]).status == 400
    assert others == [200]
    assert len(ask("GET", PATH, MACHINE).body["write_keys"]) == 2


def test_a_source_sends_what_its_keys_allow_together(world: Any, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    old = create(events_per_minute=2_500)
    new = rotate(old["digest_prefix"]).body
    assert client(old["write_key"], 1_300).status == 200
    refused = client(new["write_key"], 1_300)
    assert (refused.status, refused.body["code"]) == (429, "rate_limited")
    assert len(world.queued()) == 1_300, "nothing of what was refused was kept"
    assert client(new["write_key"]).status == 429, "who finds no room asks no more in this minute"
    time_machine.move_to(NOON + timedelta(minutes=1), tick=False)
    assert client(new["write_key"], 1_300).status == 200
    assert client(create()["write_key"], 1_300).status == 200, "a key without a limit has none"


def test_a_key_in_use_is_limited_and_let_go_again(world: Any, time_machine: Any) -> None:
    time_machine.move_to(NOON, tick=False)
    key = create(max_event_bytes=2_000)
    path = f"{PATH}/{key['digest_prefix']}/limits"
    limits = {"events_per_minute": 2_500, "max_event_bytes": 2_000}
    told = ask("PUT", path, MACHINE, limits).body
    assert (told["outcome"], told["write_key"]["events_per_minute"]) == ("updated", 2_500)
    assert ask("PUT", path, MACHINE, limits).body["outcome"] == "unchanged"
    sent = [client(key["write_key"], 1_300).status for _ in range(2)]
    assert sent == [200, 429]
    [listed] = ask("GET", PATH, MACHINE).body["write_keys"]
    assert {name: listed[name] for name in limits} == limits
    none = {"events_per_minute": None, "max_event_bytes": None}
    assert ask("PUT", path, MACHINE, none).body["write_key"]["max_event_bytes"] is None
    assert ask("PUT", path, MACHINE, {"events_per_minute": 2_500}).status == 400, "both are said"
    ask("DELETE", f"{PATH}/{key['digest_prefix']}", MACHINE)
    assert ask("PUT", path, MACHINE, limits).status == 400


def test_an_event_that_is_too_large_for_its_key_is_named_and_its_neighbours_kept() -> None:
    small, usual = create(max_event_bytes=1_000), create()
    text = "x" * 2_000
    assert client(usual["write_key"], text=text).status == 200
    refused = client(small["write_key"], text=text)
    assert refused.status == 400
    assert refused.body["rejected"][0]["code"] == "too_large"
    assert "1,000 bytes" in refused.body["rejected"][0]["message"]


@pytest.mark.parametrize(
    "limits",
    [{"events_per_minute": 2_499}, {"events_per_minute": 0}, {"max_event_bytes": 32 * 1024 + 1},
     {"max_event_bytes": 10}, {"events_per_minute": "many"}],
)  # fmt: skip
def test_a_limit_that_no_batch_could_meet_is_refused(limits: dict[str, Any]) -> None:
    assert ask("POST", PATH, MACHINE, {"source_id": "web", **limits}).status == 400
