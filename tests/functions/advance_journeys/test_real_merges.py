"""Journeys over people whom the resolution of identities itself has merged."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.happenings import happened_by
from shared.aws.person_reader import PersonReader
from shared.domain.events.model import Event
from shared.domain.identity.person import Person
from tests.applying import applier_over
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import Line
from tests.functions.advance_journeys.world import World, later

Make = Callable[..., Event]


class Shop:
    """A visitor and a user, of whom nobody knows yet that they are one."""

    def __init__(self, dynamodb: Any, make_event: Make) -> None:
        self.world = World(dynamodb)
        self.world.publish()
        self._line = Line()
        self._applier = applier_over(self._line.around(dynamodb))
        self._reader = PersonReader(dynamodb, PROFILES_TABLE)
        self._store = EnrolmentStore(dynamodb, PROFILES_TABLE)
        self.visitor = {"anonymous_id": "a-1"}
        self.user = {"user_id": "ada"}
        self.visits = make_event("visit", **self.visitor)
        self.signs_in = make_event("sign_in", at=later(hours=1), **self.visitor, **self.user)
        self.strands = [self.apply(self.visits), self.apply(make_event("visit", **self.user))]

    def apply(self, event: Event) -> str:
        """Take an event in; gives the profile that answers for the person then."""
        applied = self._applier.apply([event])
        assert not applied.failed
        [place] = {place.profile_id for place in self._places(event)}
        return place

    def tell(self, event: Event, profile_id: str) -> None:
        self.world.functions()[0].take_in("default", profile_id, happened_by(event))

    def before_the_next_commit(self, act: Callable[[], None]) -> None:
        """Do something after the graphs were read, and before they are written."""

        def hook(number: int) -> None:
            if self._line.calls[-1] == "transact_write_items":
                self._line.hook = lambda number: None
                act()

        self._line.hook = hook

    def person(self, profile_id: str) -> Person:
        person = self._reader.person("default", profile_id)
        assert person
        return person

    def active(self, profile_id: str) -> list[str]:
        """The desks of the active runs."""
        by_slot = self._store.runs(self.person(profile_id))
        return [desk for runs in by_slot.values() for desk, run in runs.items() if run.active]

    def _places(self, event: Event) -> set[Any]:
        found = set()
        for kind, value in (("user_id", event.user_id), ("anonymous_id", event.anonymous_id)):
            row = next(
                (r for r in self.world.rows() if r["pk"] == f"default#I#{kind}#{value}"), None
            )
            if row:
                found.add(self.person(row["strand_id"]))
        return found


@pytest.fixture
def shop(dynamodb: Any, make_event: Make) -> Shop:
    return Shop(dynamodb, make_event)


def test_a_visitor_and_a_user_in_the_same_journey_become_one_in_it(shop: Shop, make_event: Make):
    visitor, user = shop.strands
    carts = [
        make_event("cart", at=later(minutes=5), **shop.visitor),
        make_event("cart", **shop.user),
    ]
    for cart, strand in zip(carts, shop.strands, strict=True):
        shop.tell(cart, shop.apply(cart))
        assert shop.active(strand) == [strand]
    root = shop.apply(shop.signs_in)
    assert set(shop.person(visitor).desks) == {visitor, user}
    assert len(shop.active(root)) == 2
    shop.world.unite(root=root)
    assert shop.active(root) == [user], "the earlier entered"
    left = make_event("left", at=later(hours=2), **shop.visitor)
    shop.tell(left, shop.apply(left))
    assert shop.active(root) == []
    assert shop.world.tally() == {"started": 2, "exited:merged": 1, "exited:left": 1}


def test_a_merge_cannot_overlook_a_desk_that_opens_in_the_middle_of_it(
    shop: Shop, make_event: Make
):
    entering = {
        strand: make_event("cart", **who)
        for strand, who in zip(shop.strands, (shop.visitor, shop.user), strict=True)
    }

    def enter() -> None:
        for strand, cart in entering.items():
            shop.tell(cart, strand)

    shop.before_the_next_commit(enter)
    root = shop.apply(shop.signs_in)
    assert set(shop.person(root).desks) == set(shop.strands)
    shop.world.unite(root=root)
    assert len(shop.active(root)) == 1
