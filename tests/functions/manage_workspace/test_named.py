"""What a journey names can be neither deleted nor taken out, whichever kind it is of."""

import pytest

TEMPLATE = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>"}
STAGES = {
    "stages": [
        {"stage": name, "title": name, "condition": {"type": "event", "event": name}}
        for name in ("new", "asleep")
    ],
    "otherwise": "active",
    "otherwise_title": "Active",
}
JOURNEY = {
    "title": "Thanks",
    "entry": {"type": "event", "event": "paid"},
    "steps": [{"type": "send", "name": "thank", "template_id": "hello"}],
}


@pytest.fixture
def named(api):
    """Put a journey that is otherwise sound; gives its state."""
    api.put("/settings", {"email_from": "shop@example.com"})
    api.put("/templates/hello", TEMPLATE)
    assert api.put("/lifecycle", STAGES).status == 200

    def put(publish=True, **more):
        assert api.put("/journeys/thanks", {**JOURNEY, **more}).status == 200
        if publish:
            answer = api.post("/journeys/thanks/publish")
            assert answer.status == 200, answer.body

    return put


def without(stage):
    return {**STAGES, "stages": [one for one in STAGES["stages"] if one["stage"] != stage]}


@pytest.mark.parametrize(
    "rule",
    [
        {"entry": {"type": "lifecycle", "stage": "asleep"}},
        {"exit_on": [{"stage": "asleep", "edge": "left"}]},
        {"goal": {"stage": "asleep", "within": "P7D"}},
        {
            "steps": [
                {"type": "wait_for", "name": "w", "events": [{"stage": "asleep"}],
                 "timeout": "P1D"},
                *JOURNEY["steps"],
            ]
        },
    ],
)  # fmt: skip
@pytest.mark.parametrize("publish", [True, False])
def test_a_stage_that_a_journey_names_stays(api, named, rule, publish):
    named(publish=publish, **rule)
    refused = api.put("/lifecycle", without("asleep"))
    assert refused.status == 400
    assert 'journey "thanks" would miss it' in refused.body["message"]
    assert api.put("/lifecycle", without("new")).status == 200
    assert "asleep" in str(api.get("/lifecycle").body["lifecycle"])


def test_a_stage_of_the_version_that_people_meet_stays_though_the_draft_is_without(api, named):
    named(exit_on=[{"stage": "asleep"}])
    named(publish=False)
    assert api.put("/lifecycle", without("asleep")).status == 400
    named()
    assert api.put("/lifecycle", without("asleep")).status == 200


def test_a_template_that_a_journey_names_stays(api, named):
    named()
    refused = api.delete("/templates/hello")
    assert refused.status == 400
    assert 'journey "thanks" would miss it' in refused.body["message"]
    api.put("/templates/other", TEMPLATE)
    assert api.delete("/templates/other").body["outcome"] == "deleted"
    assert api.get("/templates/other").status == 404
    assert api.delete("/templates/other").status == 404


def test_a_template_that_a_segment_asks_for_stays(api, named):
    asks = {"type": "message", "outcome": "sent", "template_id": "hello"}
    assert api.put("/segments/written", {"title": "Written", "condition": asks}).status == 200
    refused = api.delete("/templates/hello")
    assert refused.status == 400
    assert 'segment "written" would miss it' in refused.body["message"]
    assert api.delete("/segments/written").status == 200
    assert api.delete("/templates/hello").status == 200
