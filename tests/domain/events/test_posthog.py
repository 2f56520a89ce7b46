"""PostHog's events mean in Segment's words what they mean in PostHog's."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.events.check import Checked
from shared.domain.events.model import Event


@pytest.fixture
def one(take: Callable[..., Checked]) -> Callable[..., Event]:
    def one(event: str, **fields: Any) -> Event:
        body = {"batch": [{"event": event, "distinct_id": "u-1", "uuid": "m-1", **fields}]}
        (accepted,) = take(body, "/batch").accepted
        return accepted.event

    return one


def test_an_identify_joins_the_device_and_brings_traits(one: Callable[..., Event]) -> None:
    event = one("$identify", properties={"$anon_distinct_id": "a-1", "$set": {"city": "上海"}})
    assert (event.type, event.user_id, event.anonymous_id) == ("identify", "u-1", "a-1")
    assert event.traits == {"city": "上海"}
    assert event.properties == {"$anon_distinct_id": "a-1"}


def test_set_is_an_identify_wherever_the_traits_are(one: Callable[..., Event]) -> None:
    for fields in ({"$set": {"a": 1}}, {"properties": {"$set": {"a": 1}}}):
        event = one("$set", **fields)
        assert (event.name, event.traits, event.properties) == ("$identify", {"a": 1}, {})


def test_set_once_is_kept_and_changes_no_trait(one: Callable[..., Event]) -> None:
    event = one("$set_once", **{"$set_once": {"a": 1}})
    assert (event.name, event.traits) == ("$identify", {})
    assert event.properties == {"$set_once": {"a": 1}}


def test_an_alias_names_the_former_id(one: Callable[..., Event]) -> None:
    event = one("$create_alias", distinct_id="a-1", properties={"distinct_id": "a-1", "alias": "u"})
    assert (event.type, event.previous_id, event.user_id) == ("alias", "a-1", "u")


def test_what_is_said_of_a_group_is_not_said_of_the_person(one: Callable[..., Event]) -> None:
    group = {"$group_type": "company", "$group_key": 7, "$group_set": {"name": "Acme"}}
    event = one("$groupidentify", properties=group)
    assert (event.type, event.group_id, event.traits) == ("group", "7", {})
    assert event.properties == {"name": "Acme", "$group_type": "company", "$group_key": 7}


@pytest.mark.parametrize(("name", "kind"), [("$pageview", "page"), ("$screen", "screen")])
def test_views_are_pages_and_screens(one: Callable[..., Event], name: str, kind: str) -> None:
    event = one(name, properties={"$current_url": "/"})
    assert (event.type, event.name) == (kind, f"${kind}")
    assert event.properties == {"$current_url": "/"}


def test_anything_else_is_tracked_with_its_traits(one: Callable[..., Event]) -> None:
    event = one("paid", properties={"value": 3, "$set": {"vip": True}})
    assert (event.type, event.name, event.user_id) == ("track", "paid", "u-1")
    assert (event.properties, event.traits) == ({"value": 3}, {"vip": True})


def test_an_id_that_stands_for_nobody_in_particular_is_a_device(one: Callable[..., Event]) -> None:
    event = one("paid", properties={"$process_person_profile": False})
    assert (event.user_id, event.anonymous_id) == (None, "u-1")


def test_the_id_may_stand_among_the_properties(take: Callable[..., Checked]) -> None:
    body = {"batch": [{"event": "paid", "properties": {"distinct_id": "u-9"}}]}
    assert take(body, "/batch").accepted[0].event.user_id == "u-9"
