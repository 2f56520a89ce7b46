"""Segments, templates and journeys: put once, versioned, refused with the place of a mistake."""

import json

import pytest

from functions.manage_workspace.parsing import path
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.items import to_item
from tests.conftest import NOON
from tests.functions.manage_workspace.people import definitions_in

SEGMENT = {
    "title": "Buyers 已购用户",
    "condition": {"type": "event", "event": "payment_done", "within_days": 30},
}
EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello {{ profile.name }}</p>"}
JOURNEY = {
    "title": "Thanks",
    "purpose": "transactional",
    "entry": {"type": "event", "event": "payment_done"},
    "steps": [
        {"type": "wait", "name": "one day", "duration": "P1D"},
        {"type": "send", "name": "thank you", "template_id": "hello"},
    ],
}


def test_a_segment_comes_back_with_its_words_and_its_size(api, dynamodb, profiles_table):
    for profile_id in ("ada", "bob", "cyd"):
        pk, sk = keys.tally("default", "SEGMENT", "buyers", profile_id)
        dynamodb.update_item(
            TableName=profiles_table,
            Key=to_item({"pk": pk, "sk": sk}),
            UpdateExpression="ADD members :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    created = api.put("/segments/buyers", SEGMENT)
    assert (created.status, created.body["outcome"], created.body["version"]) == (200, "created", 1)
    answer = api.get("/segments/buyers").body
    assert answer["segment"] == {**SEGMENT, "segment_id": "buyers"}
    assert answer["description"]["en"] == "did payment_done in the last 30 days"
    assert "30" in answer["description"]["zh"]
    assert answer["members"] == 3
    [listed] = api.get("/segments").body["segments"]
    assert listed == {name: answer[name] for name in listed}


@pytest.mark.parametrize(
    ("url", "body"),
    [("/segments/buyers", SEGMENT), ("/templates/hello", EMAIL), ("/journeys/thanks", JOURNEY)],
)
def test_the_same_body_again_changes_nothing(api, dynamodb, catalog_table, url, body):
    api.put(url, body)
    before = definitions_in(dynamodb, catalog_table)
    again = api.put(url, body)
    assert (again.body["outcome"], again.body["version"]) == ("unchanged", 1)
    assert definitions_in(dynamodb, catalog_table) == before


def test_the_same_definition_written_another_way_changes_nothing(api):
    api.put("/journeys/thanks", JOURNEY)
    steps = [{**JOURNEY["steps"][0], "duration": "PT24H"}, JOURNEY["steps"][1]]
    again = api.put(
        "/journeys/thanks",
        {**JOURNEY, "steps": steps, "journey_id": "thanks", "reentry": {"policy": "never"}},
    )
    assert again.body["outcome"] == "unchanged"


def test_every_change_is_a_version_that_stays(api, dynamodb, catalog_table):
    for title in ("one", "two", "three"):
        api.put("/journeys/thanks", {**JOURNEY, "title": title})
    catalog = CatalogReader(dynamodb, catalog_table)
    titles = [catalog.journey("default", "thanks", n).journey.title for n in (1, 2, 3)]
    assert titles == ["one", "two", "three"]


@pytest.mark.parametrize("rivals", [1, 3])
def test_whoever_loses_a_race_decides_again_on_what_is_there(api, beforehand, rivals):
    titles = iter(f"rival {number}" for number in range(rivals))

    def rival() -> None:
        if title := next(titles, None):
            assert api.put("/segments/buyers", {**SEGMENT, "title": title}).status == 200

    beforehand("transact_write_items", rival)
    answer = api.put("/segments/buyers", SEGMENT)
    assert (answer.status, answer.body["version"]) == (200, rivals + 1)


def test_whoever_loses_every_race_is_told_so(api, beforehand):
    titles = (f"rival {number}" for number in range(100))
    busy = []

    def rival() -> None:
        if not busy:
            busy.append(True)
            assert api.put("/segments/buyers", {**SEGMENT, "title": next(titles)}).status == 200
            busy.clear()

    beforehand("transact_write_items", rival)
    answer = api.put("/segments/buyers", SEGMENT)
    assert (answer.status, answer.body["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("url", "body", "places"),
    [
        ("/segments/buyers", {**SEGMENT, "condition": {"type": "event"}}, ["condition.event"]),
        ("/segments/buyers", {"condition": SEGMENT["condition"]}, ["title"]),
        ("/segments/Buyers", SEGMENT, ["segment_id"]),
        ("/segments/buyers", {**SEGMENT, "segment_id": "others"}, ["segment_id"]),
        (
            "/segments/buyers",
            {
                "title": "x",
                "condition": {
                    "type": "all",
                    "conditions": [
                        {"type": "event", "event": "a", "times": -1},
                        {"type": "not", "condition": {"type": "trait", "trait": ""}},
                    ],
                },
            },
            ["condition.conditions[0].times", "condition.conditions[1].condition.trait",
             "condition.conditions[1].condition.operator"],
        ),
        ("/templates/hello", {"channel": "email", "html": "x"}, ["subject"]),
        ("/templates/hello", {"channel": "fax"}, [""]),
        (
            "/journeys/thanks",
            {
                **JOURNEY,
                "entry": {"type": "event", "event": "x", "max_age": 3},
                "steps": [{"type": "wait", "name": "w", "duration": "soon"}],
            },
            ["entry.max_age", "steps[0].duration"],
        ),
        ("/journeys/thanks", [], [""]),
        ("/journeys/thanks", "{", [""]),
        ("/journeys/thanks", '{"title": NaN}', [""]),
        ("/journeys/thanks", '{"title": "a", "title": "b"}', [""]),
        ("/journeys/thanks", '{"title": "\\ud800"}', [""]),
        ("/journeys/thanks", '{"title": 1e999}', [""]),
        ("/journeys/thanks", "[" * 100_000, [""]),
        ("/journeys/thanks", "[" * 100 + "]" * 100, [""]),
        ("/journeys/thanks", None, [""]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(api, url, body, places):
    answer = api.put(url, body)
    assert answer.status == 400
    assert answer.body["code"] == "invalid_input"
    assert answer.body["message"]
    named = [detail["path"] for detail in answer.body["details"]]
    assert sorted(named or [_place(answer.body["message"])]) == sorted(places)


def _place(message: str) -> str:
    return message.split(": ")[0] if message.startswith("segment_id: ") else ""


def test_a_path_skips_what_marks_the_member_of_a_union():
    data = {"entry": {"type": "event", "event": "x", "max_age": 3}}
    assert path(data, ["entry", "event", "max_age"], missing=False) == "entry.max_age"
    assert path(data, ["entry", "event", "event"], missing=False) == "entry.event"
    assert path({"entry": {"type": "event"}}, ["entry", "event", "event"], missing=True) == (
        "entry.event"
    )


def test_a_template_that_cannot_be_rendered_is_refused(api):
    answer = api.put("/templates/hello", {**EMAIL, "html": "{% if %}"})
    assert answer.status == 400
    assert "hello" in answer.body["message"]


def test_a_definition_that_no_row_can_hold_is_refused(api):
    text = "知" * 90_000
    answer = api.put("/templates/hello", {**EMAIL, "html": text, "text": text})
    assert (answer.status, answer.body["code"]) == (413, "too_large")
    assert api.put("/templates/hello", '"' + "x" * 1_000_001 + '"').status == 413


@pytest.mark.parametrize("url", ["/segments/none", "/templates/none", "/journeys/none"])
def test_what_does_not_exist_is_said_to_be_missing(api, url):
    answer = api.get(url)
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_definition_of_an_older_contract_can_be_replaced(api, dynamodb, catalog_table):
    api.put("/segments/buyers", SEGMENT)
    dynamodb.update_item(
        TableName=catalog_table,
        Key=to_item({"pk": keys.catalog("default"), "sk": "SEGMENT#buyers"}),
        UpdateExpression="SET body = :old",
        ExpressionAttributeValues={":old": {"S": json.dumps({"rule": "old"})}},
    )
    assert api.put("/segments/buyers", SEGMENT).body["outcome"] == "updated"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"email_from": "the shop"}, "one email address"),
        ({"email_from": "shop@example.com\r\nBcc: x@example.com"}, "one email address"),
        ({"email_from": "Shop\t<shop@example.com>"}, "one email address"),
        ({"email_from": "shop@example.com, news@example.com"}, "one email address"),
        ({"email_from": "Shop <shop@example.com>, News <news@example.com>"}, "one email address"),
        ({"email_from": "shop@example.com <other@example.com>"}, "one email address"),
        ({"email_from": "店 <shop@会员.example.cn>"}, "punycode"),
        ({"public_url": "https://会员.example.cn"}, "punycode"),
        ({"public_url": "https://shop.example.cn/会员"}, "percent-encode"),
        ({"public_url": "https://shop.example.cn/\x01"}, "ASCII"),
    ],
)
def test_settings_that_no_email_could_go_out_with_are_refused(api, settings, said):
    [field] = settings
    answer = api.put("/settings", settings)
    assert answer.status == 400
    assert said in json.dumps(answer.body, ensure_ascii=False)
    assert field in json.dumps(answer.body)


def test_settings_of_before_may_be_put_again_as_they_are(api, dynamodb, catalog_table):
    """Else a recovery could not be begun, which puts all of them with one more."""
    edit = CatalogWriter(dynamodb, catalog_table, lambda: NOON).edit("default")
    old = {"public_url": "https://会员.example.cn", "email_from": "Shop@Home <shop@example.com>"}
    edit.put_settings(json.dumps(old))
    edit.commit()
    stored = api.get("/settings").body["settings"]
    assert api.put("/settings", {**stored, "restoring": True}).body["outcome"] == "updated"
    assert api.put("/settings", {**stored, "restoring": True}).body["outcome"] == "unchanged"
    assert api.put("/settings", {**stored, "public_url": "https://店.example.cn"}).status == 400


@pytest.mark.parametrize(
    "settings",
    [
        {"email_from": ""},
        {"email_from": "shop@example.com"},
        {"email_from": "知己会员店 <shop@example.com>"},
        {"email_from": '"Shop, Inc." <shop@example.com>'},
        {"public_url": "https://xn--8mr166g.example.cn/%E4%BC%9A"},
    ],
)
def test_a_sender_may_have_a_name_in_any_letters(api, settings):
    assert api.put("/settings", settings).status == 200
    assert api.get("/settings").body["settings"].items() >= settings.items()
