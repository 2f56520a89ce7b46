"""The catalog reader: what is published, read as seldom as possible and never half."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from shared.aws import keys
from shared.aws.catalog import REMEMBERED, CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Definition
from shared.aws.items import to_item, to_text
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.errors import NotFoundError
from tests.conftest import NOON

SEGMENT = {
    "segment_id": "buyers",
    "title": "Buyers",
    "condition": {"type": "event", "event": "payment_done"},
}
TEMPLATE = {"channel": "sms", "template_id": "hello", "text": "Hello"}


def journey(title: str) -> dict[str, Any]:
    return {
        "journey_id": "thanks",
        "title": title,
        "entry": {"type": "event", "event": "payment_done"},
        "steps": [{"type": "exit", "name": "done"}],
    }


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A client that counts the calls that pass through it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            return getattr(self._client, name)(**request)

        return call


def put(dynamodb: Any, table: str, pk: str, sk: str, **row: Any) -> None:
    dynamodb.put_item(TableName=table, Item=to_item({"pk": pk, "sk": sk, **row}))


def define(dynamodb: Any, table: str, sk: str, body: dict[str, Any], **row: Any) -> None:
    put(dynamodb, table, keys.catalog("default"), sk, body=to_text(body), **row)


def bump(dynamodb: Any, table: str, n: int) -> None:
    put(dynamodb, table, keys.catalog("default"), keys.CATALOG_VERSION, n=n)


def test_an_empty_workspace_has_default_settings_and_nothing_else(
    dynamodb: Any, catalog_table: str
) -> None:
    catalog = CatalogReader(dynamodb, catalog_table)
    assert catalog.settings("default").timezone == "UTC"
    assert catalog.segments("default") == ()
    assert catalog.journeys("default") == ()
    with pytest.raises(NotFoundError):
        catalog.template("default", "hello")
    with pytest.raises(NotFoundError):
        catalog.journey("default", "thanks", 1)


def test_settings_that_newer_code_has_stored_are_read_as_far_as_they_are_known(
    dynamodb: Any, catalog_table: str
) -> None:
    stored = {"timezone": "Asia/Shanghai", "what_comes_later": ["unknown"]}
    define(dynamodb, catalog_table, "SETTINGS", stored)
    bump(dynamodb, catalog_table, 1)
    for settings in (
        CatalogReader(dynamodb, catalog_table).settings("default"),
        CatalogWriter(dynamodb, catalog_table, lambda: NOON).edit("default").settings(),
    ):
        assert settings is not None
        assert settings.timezone == "Asia/Shanghai"


def test_settings_that_were_put_before_they_were_checked_so_closely_are_still_read(
    dynamodb: Any, catalog_table: str
) -> None:
    stored = {"email_from": "the shop\r\nBcc: x", "public_url": "https://会员.example.cn"}
    define(dynamodb, catalog_table, "SETTINGS", stored)
    bump(dynamodb, catalog_table, 1)
    for settings in (
        CatalogReader(dynamodb, catalog_table).settings("default"),
        CatalogWriter(dynamodb, catalog_table, lambda: NOON).edit("default").settings(),
    ):
        assert settings is not None
        assert (settings.email_from, settings.public_url) == tuple(stored.values())


def test_definitions_are_read_with_their_versions(dynamodb: Any, catalog_table: str) -> None:
    define(dynamodb, catalog_table, "SETTINGS", {"timezone": "Asia/Shanghai"})
    define(dynamodb, catalog_table, "SEGMENT#buyers", SEGMENT, version=3, status="published")
    define(dynamodb, catalog_table, "TEMPLATE#hello", TEMPLATE, version=1, status="published")
    catalog = CatalogReader(dynamodb, catalog_table)
    assert catalog.settings("default").timezone == "Asia/Shanghai"
    [published] = catalog.segments("default")
    assert (published.segment.segment_id, published.version) == ("buyers", 3)
    assert catalog.template("default", "hello").template_id == "hello"


def test_people_meet_the_published_version_and_not_the_draft(
    dynamodb: Any, catalog_table: str
) -> None:
    for version, title in ((1, "published"), (2, "draft")):
        key = keys.definition_version("default", "JOURNEY", "thanks", version)
        put(dynamodb, catalog_table, *key, body=to_text(journey(title)), version=version)
    row = {"version": 2, "published_version": 1, "state_machine_arn": "arn:machine"}
    define(dynamodb, catalog_table, "JOURNEY#thanks", journey("draft"), status="published", **row)
    catalog = CatalogReader(dynamodb, catalog_table)
    [published] = catalog.journeys("default")
    assert published.journey.title == "published"
    assert (published.version, published.status) == (1, "published")
    assert published.state_machine_arn == "arn:machine"
    assert catalog.journey("default", "thanks", 2).journey.title == "draft"


def test_a_draft_that_was_never_published_is_not_among_the_journeys(
    dynamodb: Any, catalog_table: str
) -> None:
    define(dynamodb, catalog_table, "JOURNEY#thanks", journey("draft"), version=1, status="draft")
    assert CatalogReader(dynamodb, catalog_table).journeys("default") == ()


def test_an_archived_journey_is_there_for_those_inside_unless_nobody_can_read_it_any_more(
    dynamodb: Any, catalog_table: str
) -> None:
    bodies = {"thanks": journey("thanks"), "old": {"journey_id": "old", "title": "of older rules"}}
    for name, body in bodies.items():
        key = keys.definition_version("default", "JOURNEY", name, 1)
        put(dynamodb, catalog_table, *key, body=to_text(body), version=1)
        row = {"version": 1, "published_version": 1, "status": "archived"}
        define(dynamodb, catalog_table, f"JOURNEY#{name}", body, **row)
    client = Counting(dynamodb)
    catalog = CatalogReader(client, catalog_table)
    for _ in range(2):
        [archived] = catalog.journeys("default")
        assert (archived.journey.title, archived.status) == ("thanks", "archived")
    assert client.calls == ["get_item", "query", "batch_get_item"]
    assert catalog.journey_versions("default") == {"old": 1, "thanks": 1}
    row = {"version": 1, "published_version": 1, "status": "published"}
    define(dynamodb, catalog_table, "JOURNEY#old", bodies["old"], **row)
    with pytest.raises(ValidationError):
        CatalogReader(dynamodb, catalog_table).journeys("default")


def test_nothing_is_read_twice_within_the_time_to_live_and_little_after_it(
    dynamodb: Any, catalog_table: str
) -> None:
    define(dynamodb, catalog_table, "SEGMENT#buyers", SEGMENT, version=1, status="published")
    bump(dynamodb, catalog_table, 1)
    client, clock = Counting(dynamodb), Clock()
    catalog = CatalogReader(client, catalog_table, ttl_seconds=5, clock=clock)
    catalog.segments("default")
    assert client.calls == ["get_item", "query"]
    clock.now = 4.9
    catalog.segments("default")
    catalog.settings("default")
    assert client.calls == ["get_item", "query"]
    clock.now = 5.0
    catalog.segments("default")
    assert client.calls == ["get_item", "query", "get_item"]


def test_a_change_is_seen_as_soon_as_the_time_to_live_is_over(
    dynamodb: Any, catalog_table: str
) -> None:
    clock = Clock()
    catalog = CatalogReader(dynamodb, catalog_table, ttl_seconds=5, clock=clock)
    assert catalog.segments("default") == ()
    define(dynamodb, catalog_table, "SEGMENT#buyers", SEGMENT, version=1, status="published")
    bump(dynamodb, catalog_table, 1)
    assert catalog.segments("default") == ()
    clock.now = 5.0
    assert len(catalog.segments("default")) == 1


def publish(dynamodb: Any, table: str, n: int) -> None:
    """What publishing writes: the template first, then version 1 of the journey."""
    define(dynamodb, table, "TEMPLATE#hello", TEMPLATE, version=1, status="published")
    key = keys.definition_version("default", "JOURNEY", "thanks", 1)
    put(dynamodb, table, *key, body=to_text(journey("thanks")), version=1)
    row = {"version": 1, "published_version": 1, "state_machine_arn": "arn:machine"}
    define(dynamodb, table, "JOURNEY#thanks", journey("thanks"), status="published", **row)
    bump(dynamodb, table, n)


@pytest.mark.parametrize("before", ["nothing", "a draft"])
def test_whoever_is_told_of_a_journey_finds_it_although_the_cache_is_older(
    dynamodb: Any, catalog_table: str, before: str
) -> None:
    if before == "a draft":
        define(
            dynamodb, catalog_table, "JOURNEY#thanks", journey("draft"), version=1, status="draft"
        )
    bump(dynamodb, catalog_table, 1)
    catalog = CatalogReader(dynamodb, catalog_table, ttl_seconds=5, clock=Clock())
    assert catalog.journeys("default") == ()
    publish(dynamodb, catalog_table, 2)
    assert catalog.journey("default", "thanks", 1).status == "published"
    assert catalog.template("default", "hello").template_id == "hello"


class Nothing:
    """A table without a row."""

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def query(self, **_: Any) -> dict[str, Any]:
        return {"Items": []}


def test_whoever_names_many_workspaces_fills_no_memory() -> None:
    clock = Clock()
    catalog = CatalogReader(Nothing(), "catalog", ttl_seconds=5, clock=clock)
    for number in range(REMEMBERED + 10):
        clock.now += 6
        assert catalog.version("default") == catalog.version(f"nobody-{number}") == 0
    assert len(catalog._cache) == REMEMBERED
    assert "default" in catalog._cache


def test_looking_again_costs_one_small_read_when_nothing_moved(
    dynamodb: Any, catalog_table: str
) -> None:
    bump(dynamodb, catalog_table, 1)
    client = Counting(dynamodb)
    catalog = CatalogReader(client, catalog_table, ttl_seconds=5, clock=Clock())
    catalog.settings("default")
    client.calls.clear()
    with pytest.raises(NotFoundError):
        catalog.template("default", "hello")
    assert client.calls == ["get_item"]


def test_tags_and_stages_come_with_the_version_at_which_their_meaning_changed(
    dynamodb: Any, catalog_table: str
) -> None:
    edit = CatalogWriter(dynamodb, catalog_table, lambda: NOON).edit("default")
    assert edit.next_version == 1
    tag = {"tag_id": "t", "title": "T", "category": "a", "family": "value"}
    body = to_text({**tag, "how": {"type": "manual"}})
    edit.put_version(Definition(kind="TAG", definition_id="t", body=body, build=1, announce=True))
    edit.commit()
    reader = CatalogReader(dynamodb, catalog_table)
    [found] = reader.tags("default")
    assert (found.tag.tag_id, found.version, found.build, found.announce) == ("t", 1, 1, True)
    stages = reader.lifecycle("default")
    assert (stages.lifecycle, stages.version, stages.build) == (DEFAULT_LIFECYCLE, 0, 0)
    assert reader.version("default") == reader.newest_build("default") == 1
    known = reader.definitions("default")
    assert known.tags == {"t": found.tag}
    assert reader.definitions("default") is known


def test_what_is_deleted_is_gone_and_its_numbers_are_not_used_again(
    dynamodb: Any, catalog_table: str
) -> None:
    writer = CatalogWriter(dynamodb, catalog_table, lambda: NOON)
    body = to_text({"list_id": "guests", "title": "Guests"})
    guests = Definition(kind="LIST", definition_id="guests", body=body)
    for version in (1, 2):
        edit = writer.edit("default")
        edit.put_version(replace(guests, version=version))
        edit.commit()
    edit = writer.edit("default")
    edit.delete(guests)
    edit.commit()
    edit = writer.edit("default")
    assert edit.find("LIST", "guests") is None
    assert (edit.last_version("LIST", "guests"), edit.last_version("LIST", "others")) == (2, 0)
