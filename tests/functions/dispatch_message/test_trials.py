"""A test of a template goes out as any message would, marked, and leaves nothing behind."""

from typing import Any

import pytest

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.testing import MOST_RECEIVERS, Trials, answer_test
from shared.aws.catalog import CatalogReader
from tests.functions.dispatch_message.world import (
    CATALOG,
    LINKS,
    NOON,
    PROFILES,
    SETTINGS,
    Secret,
    World,
)

EMAIL = {
    "template_id": "hello",
    "channel": "email",
    "subject": "Hello {{ profile.first_name }}",
    "html": "<p>Code {{ coupon.code }}, <a href='{{ links.unsubscribe }}'>leave</a></p>",
}


@pytest.fixture
def world(dynamodb: Any) -> World:
    return World(dynamodb)


def send(world: World, *to: str, template: Any = EMAIL, **more: Any) -> Any:
    catalog = CatalogReader(world.dynamodb, CATALOG, clock=lambda: 0.0)
    handing = world._handing(world.dynamodb, world.mailbox, catalog)
    dressing = Dressing(Secret().key, LINKS)
    trials = Trials(catalog, world.suppressions, handing, dressing, world.clock)
    request = world.request("preview", message_id="test-1", values={"coupon": "A1"})
    plain = {**request.plain(), "requested_at": NOON.isoformat()}
    asked = {"template": template, "request": plain, "traits": {"first_name": "Ada"}, "to": to}
    return answer_test(trials, {**asked, **more})


def test_it_is_marked_and_whole_and_writes_no_row(world: World, dynamodb: Any):
    before = dynamodb.scan(TableName=PROFILES)["Items"]

    [told] = send(world, "me@example.com")["sent"]

    assert (told["to"], told["became"]) == ("me@example.com", "accepted")
    [letter] = world.mailbox
    assert letter.subject == "[test] Hello Ada"
    assert "Code A1" in letter.text
    assert LINKS in letter.text
    assert "rapport:" not in letter.text
    assert dynamodb.scan(TableName=PROFILES)["Items"] == before


def test_a_text_message_is_marked_too(world: World):
    sms = {"template_id": "hello", "channel": "sms", "text": "Hello"}

    assert send(world, "+14255550123", template=sms)["sent"][0]["became"] == "accepted"
    assert [letter.text for letter in world.mailbox] == ["[test] Hello"]


def test_who_is_suppressed_or_no_address_gets_none(world: World):
    world.suppress("email", "gone@example.com")

    told = send(world, "gone@example.com", "nobody", "me@example.com", "me@example.com")["sent"]

    assert [one["became"] for one in told] == ["refused", "refused", "accepted"]
    assert len(world.mailbox) == 1


def test_a_rehearsal_writes_to_nobody_real(world: World):
    world.set_catalog("SETTINGS", {**SETTINGS, "rehearsal": True})

    told = send(world, "me@shop.com", "me@example.com")["sent"]

    assert [one["became"] for one in told] == ["refused", "accepted"]


def test_what_cannot_be_rendered_is_said(world: World):
    answer = send(world, "me@example.com", traits={})

    assert "profile.first_name is not known" in answer["problem"]
    assert len(world.mailbox) == 0


def test_it_goes_to_a_few_at_most(world: World):
    many = [f"me{n}@example.com" for n in range(MOST_RECEIVERS + 1)]

    with pytest.raises(ValueError, match="at most"):
        send(world, *many)
    assert len(world.mailbox) == 0
