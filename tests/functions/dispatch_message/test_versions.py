"""Which version and which language of a template goes out, and that the row says so."""

from typing import Any

import pytest

from shared.aws import keys
from shared.domain.text import to_text
from tests.functions.dispatch_message.world import CATALOG, World

WRITTEN = {
    "template_id": "hello",
    "channel": "email",
    "subject": "New {{ profile.first_name }}",
    "html": "<p>{% render 'foot' %}</p>",
    "languages": {"zh": {"subject": "新 {{ profile.first_name }}"}},
}
SENT = {
    **WRITTEN,
    "html": "<p>Foot {{ entry.total }}</p>",
    "languages": {"zh": {"subject": "新 {{ profile.first_name }}", "html": "<p>脚</p>"}},
}
OLD = {**WRITTEN, "subject": "Old", "html": "<p>Old</p>", "languages": {}}


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    world.add_person("lin", first_name="Lin", email="lin@example.com", language="zh-Hant-HK")
    world.set_catalog("TEMPLATE#hello", WRITTEN, ready=to_text(SENT), version=3)
    old = keys.definition_version("default", "TEMPLATE", "hello", 2)
    world._put(CATALOG, {**old._asdict(), "body": to_text(OLD), "version": 2})
    return world


def sent(world: World, name: str, **fields: Any) -> tuple[str, str, Any]:
    request = world.request(name, "hello", **fields)
    assert world.dispatch().dispatch(request) == "sent"
    [letter] = world.mailbox
    return letter.subject, letter.text.split("\n")[0], world.message(request)["template_version"]


def test_the_newest_version_goes_out_as_it_was_made_ready(world: World):
    assert sent(world, "ada", values={"total": 5}) == ("New Ada", "Foot 5", 3)


def test_it_goes_out_in_the_language_of_the_person(world: World):
    assert sent(world, "lin") == ("新 Lin", "脚", 3)


def test_a_journey_stays_with_the_version_that_it_pins(world: World):
    assert sent(world, "ada", pins={"hello": 2, "other": 9}) == ("Old", "Old", 2)


def test_a_version_that_never_was_is_a_template_that_is_missing(world: World):
    request = world.request("ada", "hello", pins={"hello": 1})

    assert world.dispatch().dispatch(request) == "suppressed"
    assert world.message(request)["reason"] == "template_missing"


def test_what_the_step_does_not_hand_over_keeps_the_message_back(world: World):
    request = world.request("ada", "hello", values={"total": None})

    assert world.dispatch().dispatch(request) == "suppressed"
    assert world.message(request)["reason"] == "render_failed"
    assert "entry.total" in world.message(request)["detail"]
