"""Checking a journey through the API: nothing is stored, and publishing says the same."""

import pytest

from functions.manage_workspace import handler

LEAVE = '<a href="{{ links.unsubscribe }}">Leave</a>'
EMAIL = {
    "channel": "email",
    "subject": "Hello",
    "html": "<p>Hello {{ profile.name }}</p>" + LEAVE,
}
JOURNEY = {
    "journey_id": "thanks",
    "title": "Thanks",
    "entry": {"type": "event", "event": "payment_done"},
    "steps": [{"type": "send", "name": "thank you", "template_id": "hello"}],
}


@pytest.fixture
def templated(api):
    api.put("/settings", {"email_from": "shop@example.com"})
    api.put("/templates/hello", EMAIL)


def codes(answer, field="findings"):
    assert answer.status == 200, answer.body
    return [(one["severity"], one["code"]) for one in answer.body[field]]


def test_a_definition_is_checked_without_being_stored(api, templated):
    answer = api.post("/journeys/check", JOURNEY)
    assert codes(answer) == [("warning", "trait_without_default")]
    assert answer.body["publishable"] is True
    assert api.get("/journeys/thanks").status == 404


def test_publishing_warns_of_what_checking_warned_of(api, templated):
    api.put("/journeys/thanks", JOURNEY)
    checked = codes(api.post("/journeys/thanks/check"))
    assert checked == codes(api.post("/journeys/thanks/publish"), "warnings") != []


def test_what_checking_calls_an_error_publishing_refuses(api):
    api.put("/journeys/thanks", JOURNEY)
    checked = api.post("/journeys/thanks/check")
    assert codes(checked) == [("error", "unknown_template")]
    assert checked.body["publishable"] is False
    refused = api.post("/journeys/thanks/publish")
    assert refused.status == 400
    places = [(one["path"], one["message"]) for one in refused.body["details"]]
    assert places == [(one["path"], one["message"]["en"]) for one in checked.body["findings"]]


def test_a_circle_over_what_is_published_is_found_and_over_a_draft_not(api, templated):
    wrote = {"type": "message", "outcome": "sent"}
    for name in ("one", "two"):
        api.put(f"/journeys/{name}", {**JOURNEY, "journey_id": name})
    for name in ("one", "two"):
        segment = {"title": name, "condition": {**wrote, "journey_id": name}}
        assert api.put(f"/segments/by-{name}", segment).status == 200
    for name, other in (("one", "two"), ("two", "one")):
        entry = {"type": "segment", "segment_id": f"by-{other}"}
        again = {"journey_id": name, "entry": entry, "reentry": {"policy": "always"}}
        assert api.put(f"/journeys/{name}", {**JOURNEY, **again}).status == 200
    circle = ("warning", "feeds_itself")
    assert circle not in codes(api.post("/journeys/two/check"))
    assert circle not in codes(api.post("/journeys/one/publish"), "warnings")
    assert circle in codes(api.post("/journeys/two/publish"), "warnings")


def test_another_key_than_the_published_one_is_warned_of_until_it_is_published(api, templated):
    changed = ("warning", "reentry_key_changed")
    api.put("/journeys/thanks", JOURNEY)
    assert changed not in codes(api.post("/journeys/thanks/publish"), "warnings")
    keyed = {**JOURNEY, "reentry": {"policy": "never", "key": "order_id"}}
    assert api.put("/journeys/thanks", keyed).status == 200
    assert changed in codes(api.post("/journeys/thanks/check"))
    assert changed in codes(api.post("/journeys/thanks/publish"), "warnings")
    assert changed not in codes(api.post("/journeys/thanks/check"))


class Athena:
    def __init__(self):
        self.asked = []

    def query(self, sql, *, max_rows, patience):
        self.asked.append(sql)
        assert patience < 29, "the gateway would give up first"
        return [
            {"name": "cart", "found_0": "0", "found_1": "0"},
            {"name": "$consent_changed", "found_0": "1", "found_1": "0"},
        ]


def test_the_lake_is_asked_only_if_that_is_wanted(api, templated):
    athena = Athena()
    object.__setattr__(handler.wiring().ports, "open_lake", lambda: athena)
    path = "/journeys/check"
    without = codes(api.post(path, JOURNEY))
    assert athena.asked == []
    asked = codes(api("POST", path, JOURNEY, query={"lake": "yes"}))
    assert len(athena.asked) == 1
    assert set(asked) - set(without) == {("warning", "event_never_seen")}
    assert api("POST", path, JOURNEY, query={"lake": "perhaps"}).status == 400


def test_a_journey_that_is_not_there_is_said_to_be_missing(api):
    assert api.post("/journeys/none/check").status == 404
