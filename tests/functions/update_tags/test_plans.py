"""What a plan tells journeys: all that anybody inside may wait for, read in few calls."""

import json
from collections import Counter

import pytest
from aws_lambda_powertools import Logger

from functions.manage_workspace.publishing import archive, switch
from functions.update_tags.planning import Plans
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Definition
from shared.domain.journeys.triggers import triggers_inside, triggers_of
from tests.conftest import NOON
from tests.crash.faults import Line
from tests.functions.update_tags.catalogs import JOURNEY


@pytest.fixture
def put(dynamodb, catalog_table):
    """Put a body as the next version of a journey, the one that people meet unless told."""
    writer = CatalogWriter(dynamodb, catalog_table, lambda: NOON)
    before: dict[str, Definition] = {}

    def put(body, journey_id="reminder", *, published=True):
        edit = writer.edit("default")
        known = before.get(journey_id)
        version = known.version + 1 if known else 1
        met = version if published else known and known.published_version
        before[journey_id] = edit.put_version(
            Definition(
                kind="JOURNEY",
                definition_id=journey_id,
                body=json.dumps(body),
                version=version,
                status="published" if met else "draft",
                published_version=met,
            )
        )
        edit.commit()
        return before[journey_id]

    return put


@pytest.fixture
def plans(dynamodb, catalog_table):
    """Those of a function that has just started, over a client."""

    def plans(around=lambda client: client):
        reader = CatalogReader(around(dynamodb), catalog_table, ttl_seconds=0)
        return Plans(reader, Logger(service="tests", level="CRITICAL"))

    return plans


def begun_by(event, journey_id="reminder"):
    return {
        **JOURNEY.model_dump(mode="json"),
        "journey_id": journey_id,
        "entry": {"type": "event", "event": event},
    }


@pytest.mark.parametrize("how", ["published", "paused", "archived"])
def test_a_payment_reaches_those_inside_whatever_became_of_the_journey(
    bench, put, plans, dynamodb, catalog_table, how
):
    published = put(begun_by("cart"))
    edit = CatalogWriter(dynamodb, catalog_table, lambda: NOON).edit("default")
    if how == "paused":
        switch(edit, published, paused=True)
    if how == "archived":
        archive(edit, published)
    bench.plans = plans
    ada = bench.person()

    bench.deliver([bench.event(ada, "order")])

    assert "EventMatched" in [fact.name for fact in bench.facts(ada)]


def test_people_inside_an_older_version_are_still_woken_by_what_only_it_waits_for(put, plans):
    put(begun_by("cart"))
    put(begun_by("brand new"))
    put(begun_by("not yet"), published=False)
    assert plans().of("default").triggers == triggers_of(JOURNEY) | {"brand new"}


def test_nobody_is_told_of_what_led_into_an_archived_journey(put, plans, dynamodb, catalog_table):
    known = plans()
    waits = triggers_inside(JOURNEY)
    published = put(begun_by("page viewed"))
    assert known.of("default").triggers == {"page viewed", *waits}
    writer = CatalogWriter(dynamodb, catalog_table, lambda: NOON)
    archive(writer.edit("default"), published)
    assert known.of("default").triggers == waits
    edit = writer.edit("default")
    switch(edit, edit.all("JOURNEY")[0], paused=False)
    assert known.of("default").triggers == {"page viewed", *waits}


def test_versions_are_read_a_hundred_a_call_and_each_once(put, plans):
    for number in range(120):
        put(begun_by(f"event {number}"))
    for number in range(30):
        put(begun_by("cart", f"other-{number}"), f"other-{number}")
    line = Line()
    known = plans(line.around)
    assert len(known.of("default").triggers) == 122
    assert Counter(line.calls)["batch_get_item"] == 2
    put(begun_by("brand new"))
    assert "brand new" in known.of("default").triggers
    assert Counter(line.calls)["batch_get_item"] == 3


def test_a_version_that_cannot_be_read_any_more_is_left_out_and_told_of(put, plans):
    old = begun_by("cart")
    put(
        {**old, "steps": [{"type": "webhook", "name": "tell", "url": "https://crm.example/käufer"}]}
    )
    put(begun_by("brand new"))
    known = plans()
    told: list[dict[str, str]] = []
    known._log.error = lambda _, extra: told.append(extra)
    for _ in range(2):
        assert known.of("default").triggers == {"brand new", "order"}
        put(begun_by("brand new"), "other")  # the plan is made again
    (only,) = told
    assert (only["kind"], only["definition_id"]) == ("journey", "reminder 1")
    assert only["reason"].startswith("steps.0.webhook.url: ")
