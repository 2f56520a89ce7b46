"""Operators say what a file is to become, upload it, start the import and watch it."""

import json
from dataclasses import replace

import pytest

from shared.aws import session
from shared.aws.import_store import ImportStore
from tests.conftest import NOON, PROFILES_TABLE

BODY = {
    "import_id": "i1",
    "file_name": "orders.csv",
    "definition": {"kind": "events", "constants": {"event": "order_completed"}},
}
KEY = "uploads/default/i1/orders.csv"


@pytest.fixture
def bucket(dynamodb):
    s3 = session.client("s3")
    s3.create_bucket(Bucket="imports")
    return s3


@pytest.fixture
def messages(make_queue):
    url = make_queue("imports")

    def take():
        found = session.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    return take


def test_an_import_is_made_uploaded_and_started(api, bucket, messages):
    made = api.post("/imports", BODY)
    assert (made.status, made.body["outcome"]) == (200, "created")
    assert made.body["imported"]["status"] == "awaiting_file"
    assert KEY in made.body["upload_url"]
    assert api.post("/imports/i1/start").status == 404  # nothing was uploaded
    assert messages() == []

    bucket.put_object(Bucket="imports", Key=KEY, Body=b"user_id\n")
    started = api.post("/imports/i1/start").body
    assert (started["outcome"], started["imported"]["status"]) == ("updated", "queued")
    assert (started["imported"]["size"], started["upload_url"]) == (8, None)
    assert messages() == [{"workspace_id": "default", "import_id": "i1"}]
    assert api.get("/imports/i1").body["imported"]["kind"] == "events"
    assert [each["import_id"] for each in api.get("/imports").body["imports"]] == ["i1"]


def test_the_same_import_again_is_the_same_import(api, bucket):
    assert api.post("/imports", BODY).body["outcome"] == "created"
    again = api.post("/imports", BODY).body
    assert again["outcome"] == "unchanged"
    assert again["upload_url"]
    other = {**BODY, "definition": {"kind": "profiles"}}
    assert api.post("/imports", other).status == 400


def test_a_file_in_the_bucket_is_imported_at_once(api, bucket, messages):
    body = {**BODY, "file_key": "exports/2026.csv"}
    assert api.post("/imports", body).status == 404
    bucket.put_object(Bucket="imports", Key="exports/2026.csv", Body=b"user_id\n")
    assert api.post("/imports", body).body["imported"]["status"] == "queued"
    assert len(messages()) == 1


def test_a_failed_import_goes_on_with_the_same_file_only(api, bucket, messages, dynamodb):
    bucket.put_object(Bucket="imports", Key=KEY, Body=b"user_id\n")
    api.post("/imports", BODY)
    api.post("/imports/i1/start")
    store = ImportStore(dynamodb, PROFILES_TABLE)
    job = store.find("default", "i1")
    store.move(job, replace(job, status="failed", offset=4, rejected=2, reason="x"), NOON)

    state = api.get("/imports/i1").body["imported"]
    assert (state["status"], state["reason"]) == ("failed", "x")
    assert "rejected/default/i1/rejected.csv" in state["rejected_url"]
    [listed] = api.get("/imports").body["imports"]
    assert listed == {**state, "rejected_url": None}, "who may see the list may not see people"
    started = api.post("/imports/i1/start").body["imported"]
    assert (started["status"], started["reason"]) == ("queued", "")

    job = store.find("default", "i1")
    store.move(job, replace(job, status="failed"), NOON)
    bucket.put_object(Bucket="imports", Key=KEY, Body=b"another\n")
    assert api.post("/imports/i1/start").status == 400


def test_starting_again_what_is_on_its_way_gives_it_another_push(api, bucket, messages):
    bucket.put_object(Bucket="imports", Key=KEY, Body=b"user_id\n")
    api.post("/imports", BODY)
    api.post("/imports/i1/start")
    assert api.post("/imports/i1/start").body["outcome"] == "unchanged"
    assert len(messages()) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**BODY, "import_id": "a/b"},
        {**BODY, "file_name": "a/b"},
        {**BODY, "file_key": "rejected/default/i1/rejected.csv"},
        {**BODY, "definition": {"kind": "orders"}},
        {**BODY, "definition": {"kind": "events", "timezone": "Mars"}},
        {**BODY, "definition": {"kind": "events", "columns": {"a": {"to": "nowhere"}}}},
    ],
)
def test_what_makes_no_sense_is_refused(api, bucket, body):
    assert api.post("/imports", body).status == 400


def test_an_unknown_import_is_not_found(api, bucket):
    assert api.get("/imports/i9").status == 404
    assert api.post("/imports/i9/start").status == 404


def test_a_key_that_no_bucket_holds_is_the_callers_mistake(api, bucket):
    """S3 answers such a key with an error that looks like ours."""
    assert api.post("/imports", {**BODY, "file_key": "单" * 400}).status == 400


def test_imports_come_page_by_page_each_of_them_once(api, bucket):
    for number in range(5):
        api.post("/imports", {**BODY, "import_id": f"i{number}"})
    first = api("GET", "/imports", query={"limit": "3"}).body
    assert [each["import_id"] for each in first["imports"]] == ["i0", "i1", "i2"]
    second = api("GET", "/imports", query={"limit": "3", "cursor": first["cursor"]}).body
    assert [each["import_id"] for each in second["imports"]] == ["i3", "i4"]
    assert second["cursor"] is None
