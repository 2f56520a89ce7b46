"""Merges, splits and opt-outs in front of every call of a run: nobody who refused is written to.

Ada has agreed and has a message to get. Ben turns out to be the same person, or no longer.
"""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.consents.model import Scope
from shared.domain.events.own import CONSENT_CHANGED, MESSAGE_SENT
from shared.domain.messages.model import MessageRequest
from tests.conftest import PROFILES_TABLE
from tests.crash.conftest import Judge
from tests.crash.deliveries import deliver
from tests.crash.faults import Line
from tests.functions.dispatch_message.world import SETTINGS, World

pytestmark = pytest.mark.slow

Commit = Callable[[World], None]


def make_world(judge: Judge) -> tuple[World, list[MessageRequest]]:
    world = World(judge())
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    world.add_person("ben", first_name="Ben")
    world.forget_consent("ben")
    return world, [world.request("ada")]


def merged(root: str, other: str) -> Callable[[Judge], tuple[World, list[MessageRequest]]]:
    def make(judge: Judge) -> tuple[World, list[MessageRequest]]:
        world, requests = make_world(judge)
        world.merge(root, other)
        return world, requests

    return make


def points(judge: Judge, make: Callable[[Judge], Any]) -> tuple[int, int]:
    """How many calls an undisturbed run makes, and which one is the claim."""
    world, requests = make(judge)
    line = Line()
    deliver(world, requests, line)
    assert len(world.mailbox) == 1
    return len(line.calls), line.calls.index("transact_write_items") + 1


def refused_and_merged(root: str, other: str) -> Commit:
    def commit(world: World) -> None:
        world.refuse("ben")
        world.merge(root, other)

    return commit


def merged_and_refused(root: str, other: str, strand: str) -> Commit:
    def commit(world: World) -> None:
        world.merge(root, other)
        world.refuse(strand, Scope("marketing", channel="email"))

    return commit


def run(
    judge: Judge, make: Callable[[Judge], tuple[World, list[MessageRequest]]], commit: Commit
) -> list[tuple[int, int, str, str | None]]:
    """For each point: the point, how many letters went out, and what the message came to."""
    calls, _ = points(judge, make)
    ends = []
    for point in range(1, calls + 1):
        world, requests = make(judge)

        def hook(number: int, world: World = world, point: int = point) -> None:
            if number == point:
                commit(world)

        deliver(world, requests, Line(hook=hook))
        row = world.message(requests[0])
        ends.append((point, len(world.mailbox.calls), row["status"], row.get("reason")))
    return ends


@pytest.mark.parametrize(
    ("make", "commit"),
    [
        (make_world, refused_and_merged("ada", "ben")),
        (make_world, refused_and_merged("ben", "ada")),
        (make_world, merged_and_refused("ada", "ben", "ben")),
        (make_world, merged_and_refused("ben", "ada", "ada")),
        (make_world, merged_and_refused("ben", "ada", "ben")),
        (merged("ada", "ben"), lambda world: world.refuse("ben")),
        (merged("ben", "ada"), lambda world: world.refuse("ada")),
        (merged("ben", "ada"), lambda world: world.refuse("ben")),
    ],
)
def test_a_refusal_in_any_strand_that_is_committed_before_the_claim_stops_the_message(
    judge: Judge, make: Callable[[Judge], tuple[World, list[MessageRequest]]], commit: Commit
):
    _, claim = points(judge, make)
    for point, letters, status, reason in run(judge, make, commit):
        if point <= claim:
            assert (letters, status, reason) == (0, "suppressed", "no_consent"), point
        else:
            assert (letters, status) == (1, "sent"), point


def wanted_unless_refused(
    make: Callable[[Judge], tuple[World, list[MessageRequest]]],
) -> Callable[[Judge], tuple[World, list[MessageRequest]]]:
    """A workspace that needs no consent, and a person who never said anything."""

    def made(judge: Judge) -> tuple[World, list[MessageRequest]]:
        world, requests = make(judge)
        world.forget_consent("ada")
        world.forget_consent("ben")
        world.set_catalog("SETTINGS", {**SETTINGS, "consent_required": []})
        return world, requests

    return made


def parted_and_refused(root: str, other: str) -> Commit:
    def commit(world: World) -> None:
        world.part(root, other)
        world.refuse("ada")

    return commit


@pytest.mark.parametrize(
    ("make", "commit"),
    [
        (make_world, lambda world: world.refuse("ada")),
        (make_world, merged_and_refused("ben", "ada", "ben")),
        (make_world, refused_and_merged("ben", "ada")),
        (merged("ben", "ada"), parted_and_refused("ben", "ada")),
        (merged("ada", "ben"), parted_and_refused("ada", "ben")),
    ],
)
def test_where_no_consent_is_needed_a_refusal_stops_the_message_all_the_same(
    judge: Judge, make: Callable[[Judge], tuple[World, list[MessageRequest]]], commit: Commit
):
    _, claim = points(judge, wanted_unless_refused(make))
    for point, letters, status, reason in run(judge, wanted_unless_refused(make), commit):
        if point <= claim:
            assert (letters, status, reason) == (0, "suppressed", "no_consent"), point
        else:
            assert (letters, status) == (1, "sent"), point


@pytest.mark.parametrize(
    ("make", "commit"),
    [
        (make_world, lambda world: world.merge("ada", "ben")),
        (make_world, lambda world: world.merge("ben", "ada")),
        (merged("ada", "ben"), lambda world: world.part("ada", "ben")),
        (merged("ben", "ada"), lambda world: world.part("ben", "ada")),
    ],
)
def test_a_merge_or_split_that_takes_no_consent_away_suppresses_nothing(
    judge: Judge, make: Callable[[Judge], tuple[World, list[MessageRequest]]], commit: Commit
):
    for point, letters, status, _ in run(judge, make, commit):
        assert (letters, status) == (1, "sent"), point


@pytest.mark.parametrize(("root", "other"), [("ada", "ben"), ("ben", "ada")])
def test_what_was_sent_stays_told_in_the_strand_of_the_message_also_after_a_split(
    judge: Judge, root: str, other: str
):
    world, requests = merged(root, other)(judge)
    deliver(world, requests)
    world.part(root, other)
    told = {
        strand: [each.name for each in world.timeline(strand) if each.name != CONSENT_CHANGED]
        for strand in ("ada", "ben")
    }
    assert told == {"ada": [MESSAGE_SENT], "ben": []}


def test_a_refusal_of_somebody_else_stays_theirs_after_a_split(judge: Judge):
    world, requests = merged("ada", "ben")(judge)
    world.refuse("ben")
    world.part("ada", "ben")
    deliver(world, requests)
    assert len(world.mailbox) == 1


def test_an_address_that_was_closed_through_one_strand_is_closed_for_all(judge: Judge):
    world, requests = merged("ben", "ada")(judge)
    world.suppress("email", "ADA@example.com")
    deliver(world, requests)
    assert world.mailbox.calls == []
    assert world.message(requests[0])["reason"] == "suppressed"


class Counting:
    """A client that counts what its calls read of people, and check."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.reads: list[int] = []
        self.claim: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, **request: Any) -> Any:
        if PROFILES_TABLE in request["RequestItems"]:  # the catalog is read once for many
            self.reads.append(len(request["RequestItems"][PROFILES_TABLE]["Keys"]))
        return self._client.batch_get_item(**request)

    def transact_get_items(self, **request: Any) -> Any:
        self.reads.append(len(request["TransactItems"]))
        return self._client.transact_get_items(**request)

    def transact_write_items(self, **request: Any) -> Any:
        if not self.claim:
            self.claim = [next(iter(action)) for action in request["TransactItems"]]
        return self._client.transact_write_items(**request)


@pytest.mark.parametrize(
    ("make", "reads"),
    [
        (make_world, [3]),
        (merged("ada", "ben"), [3, 2]),  # the graph is found at once; then both strands
        (merged("ben", "ada"), [3, 2, 2]),  # graph and consents behind the redirect, both strands
    ],
)
def test_what_a_claim_costs_does_not_grow_and_who_never_merged_is_read_in_one_call(
    judge: Judge, make: Callable[[Judge], tuple[World, list[MessageRequest]]], reads: list[int]
):
    world, requests = make(judge)
    counting = Counting(world.dynamodb)
    assert world.dispatch(counting).dispatch(requests[0]) == "sent"
    assert counting.reads == reads
    assert counting.claim == ["Update", "ConditionCheck", "ConditionCheck", "ConditionCheck"]
