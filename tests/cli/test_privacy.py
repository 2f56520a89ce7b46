"""The command asks before it erases, and tells what an erasure has done."""

import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from shared.aws import keys, session
from shared.aws.erasure_store import ErasureStore
from shared.aws.export_store import ExportStore
from shared.aws.items import to_item
from shared.domain.erasure.model import Erasure, erasure_id_of
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.functions.erase_person.world import ERASURE as STOPPED
from tests.functions.erase_person.world import ROOT, USER, World

ERASURE = erasure_id_of("default", "p1")


@pytest.fixture
def someone(dynamodb, rapport):
    row = {"pk": keys.person("default", "p1"), "sk": keys.PROFILE, "profile_id": "p1"}
    row |= {"created_at": "2026-11-22T12:00:00.000Z", "traits": "{}", "version": 0}
    dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    return ("--kind", "profile_id", "--value", "p1")


def begun(rapport):
    return ERASURE in rapport("receipt").out


def test_nothing_is_erased_without_a_yes(rapport, someone):
    said = rapport("erase", *someone)

    assert said.code == 1
    assert "cannot be taken back" in said.out
    assert not begun(rapport)


def test_a_yes_begins_the_erasure_and_says_how_to_ask_for_it(rapport, someone):
    said = rapport("erase", *someone, "--yes")

    assert said.code == 0
    assert ERASURE in said.out
    assert begun(rapport)


def test_an_erasure_that_stopped_past_its_mark_goes_on_by_the_same_id(rapport, dynamodb):
    world = World(dynamodb)
    session.client("sqs").create_queue(QueueName="erasures")
    world.ask()
    world.erase()._step("default", world.ledger().load("default", STOPPED))
    assert rapport("erase", "--kind", "user_id", "--value", USER.value, "--yes").code == 1

    said = rapport("erase", "--kind", "profile_id", "--value", ROOT, "--yes")

    assert (said.code, STOPPED in said.out) == (0, True), said


def test_a_receipt_tells_what_was_removed(rapport, someone, dynamodb):
    rapport("erase", *someone, "--yes")
    ErasureStore(dynamodb, CATALOG_TABLE).add("default", ERASURE, {"journey_guards": 3})

    said = rapport("receipt", ERASURE)

    assert "still running: mark" in said.out
    assert "journey guards" in said.out


def test_a_receipt_that_is_not_there_is_one_clear_line(rapport):
    said = rapport("receipt", "none")

    assert said.code == 1
    assert said.err == "rapport: there is no erasure 'none'\n"


def test_nobody_can_be_erased_or_exported_who_is_not_there(rapport):
    for command in ("erase", "export"):
        assert rapport(command, "--kind", "profile_id", "--value", "nobody").code == 1


def test_an_export_is_fetched_into_a_file(rapport, someone, tmp_path, monkeypatch):
    class Storage(httpx.BaseTransport):
        """The API, with somebody who carries out exports, and the bucket behind its links."""

        def handle_request(self, request):
            if "X-Amz-Signature" in str(request.url):
                return httpx.Response(200, content=b"zip", request=request)
            return gateway.handle_request(request)

    gateway = rapport.gateway
    rapport.gateway = Storage()

    def carried_out(seconds):
        client = session.client("dynamodb")
        store = ExportStore(client, CATALOG_TABLE)
        (row,) = [
            row
            for row in client.scan(TableName=CATALOG_TABLE)["Items"]
            if row["sk"]["S"].startswith("EXPORT#")
        ]
        export = store.load("default", row["sk"]["S"].removeprefix("EXPORT#"))
        store.put("default", replace(export, status="done", size=3))

    waiting = SimpleNamespace(sleep=carried_out, monotonic=time.monotonic)
    monkeypatch.setattr("cli.privacy.time", waiting)
    target = tmp_path / "ada.zip"

    said = rapport("export", *someone, "-o", target)

    assert said.code == 0, said.err
    assert target.read_bytes() == b"zip"
    assert [path.name for path in tmp_path.iterdir()] == ["ada.zip"]


def test_receipts_are_listed_however_many_there_are_the_newest_first(rapport, dynamodb):
    store, number = ErasureStore(dynamodb, CATALOG_TABLE), 203
    ids = [erasure_id_of("default", f"p{place}") for place in range(number)]
    for place, erasure_id in enumerate(ids):
        at = NOON + timedelta(minutes=place)
        store.begin(
            "default", Erasure(erasure_id=erasure_id, profile_id=f"p{place}", requested_at=at)
        )

    _head, *lines = rapport("receipt").out.splitlines()

    shown = [word for line in lines for word in line.split() if word in ids]
    assert shown == ids[::-1]
