"""Operators ask for archives and erasures; both are carried out by others, once."""

import json
from datetime import timedelta

import pytest

from shared.aws import keys, session
from shared.aws.archives import archive_key
from shared.aws.erasure_store import ErasureStore
from shared.aws.export_store import ExportStore
from shared.aws.items import to_item
from shared.domain.erasure.model import Erasure, erasure_id_of
from shared.domain.instants import format_instant
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE

WS = "default"


@pytest.fixture
def someone(api, clock, dynamodb):
    row = {"pk": keys.person(WS, "p1"), "sk": keys.PROFILE, "profile_id": "p1", "traits": "{}"}
    dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    return "p1"


def asked(queue):
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_an_export_is_asked_for_once_and_runs(api, someone):
    export = api.post(f"/profiles/{someone}/export").body["export"]

    assert export["status"] == "running"
    assert export["url"] is None
    assert export["requested_at"] == format_instant(NOON)
    assert asked("exports") == [{"workspace_id": WS, "export_id": export["export_id"]}]
    assert api.get(f"/exports/{export['export_id']}").body["export"] == export


def test_an_archive_that_is_there_is_handed_out_by_a_link(api, someone, dynamodb):
    export_id = api.post(f"/profiles/{someone}/export").body["export"]["export_id"]
    store = ExportStore(dynamodb, CATALOG_TABLE)
    export = store.load(WS, export_id)
    s3 = session.client("s3")
    s3.create_bucket(Bucket="archives")
    s3.put_object(Bucket="archives", Key=archive_key(WS, someone, export_id), Body=b"zip")
    store.put(WS, type(export)(
        export_id=export_id, profile_id=someone, requested_at=NOON, status="done", size=3
    ))  # fmt: skip

    found = api.get(f"/exports/{export_id}").body["export"]

    assert found["size"] == 3
    assert archive_key(WS, someone, export_id) in found["url"]
    assert "X-Amz-Signature" in found["url"]
    assert "X-Amz-Expires=900" in found["url"]


def test_an_erasure_is_asked_for_and_asking_again_changes_nothing(api, someone):
    first = api.post(f"/profiles/{someone}/erasure").body["erasure"]
    again = api.post(f"/profiles/{someone}/erasure").body["erasure"]

    assert first == again
    assert first["status"] == "running"
    assert first["erasure_id"] == erasure_id_of(WS, someone)
    assert asked("erasures") == [{"workspace_id": WS, "erasure_id": first["erasure_id"]}] * 2
    assert api.get(f"/erasures/{first['erasure_id']}").body["erasure"] == first
    assert api.get("/erasures").body["erasures"] == [first]


def test_whoever_is_being_erased_is_not_found_but_the_erasure_is(api, someone, dynamodb):
    first = api.post(f"/profiles/{someone}/erasure").body["erasure"]
    dynamodb.delete_item(
        TableName=PROFILES_TABLE, Key=to_item({"pk": keys.person(WS, someone), "sk": keys.PROFILE})
    )

    assert api.post(f"/profiles/{someone}/export").status == 404
    assert api.post(f"/profiles/{someone}/erasure").body["erasure"] == first


def test_a_receipt_is_answered_as_it_is_stored(api, someone, dynamodb):
    erasure_id = api.post(f"/profiles/{someone}/erasure").body["erasure"]["erasure_id"]
    store = ErasureStore(dynamodb, CATALOG_TABLE)
    store.add(WS, erasure_id, {"events": 3, "rows": 0})
    store.add(WS, erasure_id, {"events": 2})

    assert api.get(f"/erasures/{erasure_id}").body["erasure"]["removed"] == {"events": 5}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/profiles/nobody/export"),
        ("POST", "/profiles/nobody/erasure"),
        ("GET", "/exports/none"),
        ("GET", "/erasures/none"),
    ],
)
def test_what_is_not_there_is_said(api, method, path):
    assert api(method, path).status == 404


def erasures(dynamodb, number):
    """So many of them, each with its profile."""
    store, found = ErasureStore(dynamodb, CATALOG_TABLE), []
    for place in range(number):
        profile_id = f"p{place}"
        erasure_id = erasure_id_of(WS, profile_id)
        at = NOON + timedelta(minutes=place)
        found.append(
            store.begin(WS, Erasure(erasure_id=erasure_id, profile_id=profile_id, requested_at=at))
        )
    return found


def test_erasures_come_page_by_page_each_of_them_once(api, dynamodb):
    begun = {one.erasure_id for one in erasures(dynamodb, 7)}
    export = {"pk": keys.erasures(WS), "sk": "EXPORT#e1"}
    dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(export))
    found, sizes, query = [], [], {"limit": "3"}
    while True:
        page = api("GET", "/erasures", query=query).body
        found += [one["erasure_id"] for one in page["erasures"]]
        sizes.append(len(page["erasures"]))
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert (sorted(found), sizes) == (sorted(begun), [3, 3, 1])


def test_a_page_that_holds_the_last_ones_says_so(api, dynamodb):
    erasures(dynamodb, 4)
    page = api("GET", "/erasures", query={"limit": "4"}).body
    assert (len(page["erasures"]), page["cursor"]) == (4, None)


@pytest.mark.parametrize("path", ["/erasures", "/imports", "/tasks"])
@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "201"}, {"limit": "many"}, {"cursor": ""},
              {"cursor": "x" * 1_001}],
)  # fmt: skip
def test_a_page_that_nobody_could_give_is_refused(api, path, query):
    answer = api("GET", path, query=query)
    assert answer.status == 400, answer
    assert answer.body["message"].startswith(next(iter(query)))
