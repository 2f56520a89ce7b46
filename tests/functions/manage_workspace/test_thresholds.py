"""Operators put tags about shares of buyers, and ask for their thresholds anew."""

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.meanings import TAG
from shared.domain.tags.kinds import ComputedThresholds
from shared.domain.tags.thresholds import with_thresholds
from shared.domain.text import to_text
from tests.conftest import NOON
from tests.functions.manage_workspace.conftest import MACHINE

SHARES = {"recency_share": 0.2, "frequency_share": 0.2, "monetary_share": 0.2}
FIXED = {"type": "fixed", "recency_days": 30, "frequency": 3, "monetary": 500}
NUMBERS = {"recency_days": 30, "frequency": 3, "monetary": 500.5, "at": "2026-11-22T12:00:00Z",
           "people": 7, **SHARES}  # fmt: skip


def rfm(title="RFM", event="order", **thresholds):
    how = {"type": "rfm", "event": event, "amount": "value",
           "thresholds": {"type": "quantile", **SHARES, **thresholds}}  # fmt: skip
    return {"title": title, "category": "value", "family": "value", "how": how}


def computes():
    """Do what a build does: publish numbers."""
    edit = handler.wiring().ports.edit()
    row = edit.find("TAG", "rfm")
    tag = with_thresholds(TAG.validate_json(row.body), ComputedThresholds(**NUMBERS))
    body = to_text(tag.model_dump(mode="json", exclude_unset=True))
    edit.put_version(type(row)(**{
        **{name: getattr(row, name) for name in type(row).__dataclass_fields__},
        "body": body, "version": row.version + 1, "build": edit.next_version,
    }))  # fmt: skip
    edit.commit()


def numbers(api):
    thresholds = api.get("/tags/rfm").body["tag"]["how"]["thresholds"]
    return thresholds.get("computed_thresholds")


def executions():
    found = session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    return {each["name"] for each in found}


@pytest.fixture
def stored(api, clock):
    """A tag whose numbers were computed."""
    api.put("/tags/rfm", rfm())
    computes()
    return api.get("/tags/rfm").body


def test_nobody_puts_numbers_by_hand(api):
    answer = api.put("/tags/rfm", rfm(computed_thresholds=NUMBERS)).body
    assert (answer["outcome"], numbers(api)) == ("created", None)
    assert "not computed yet" in answer["description"]["en"]


def test_the_same_document_leaves_the_numbers_alone(api, stored):
    assert numbers(api)["monetary"] == 500.5
    assert "500.5" in stored["description"]["en"]
    for body in (rfm(), rfm(computed_thresholds=NUMBERS), rfm(computed_thresholds=None)):
        assert api.put("/tags/rfm", body).body["outcome"] == "unchanged"
    renamed = api.put("/tags/rfm", rfm(title="Classes")).body
    assert (renamed["outcome"], renamed["build"]) == ("updated", stored["build"])
    assert numbers(api)["at"] == "2026-11-22T12:00:00Z"


def test_other_shares_wait_for_a_build_with_the_numbers_that_are_there(api, stored):
    changed = api.put("/tags/rfm", rfm(frequency_share=0.5)).body
    assert changed["build"] > stored["build"]
    assert f"default-{changed['build']}" in executions()
    assert numbers(api)["frequency_share"] == 0.2


def test_numbers_of_other_figures_are_dropped(api, stored):
    assert api.put("/tags/rfm", rfm(event="paid")).body["build"] > stored["build"]
    assert numbers(api) is None


def test_numbers_are_computed_anew_on_demand(api, stored):
    answer = api.post("/tags/rfm/recompute").body
    assert f"default-{answer['build']}" in executions()
    assert api.get("/tags/rfm").body["build"] == stored["build"], "until others are found"
    kept = handler.wiring().ports.audiences.builds.load("default", answer["build"])
    assert (kept.subject, kept.definition_id, kept.recomputes) == ("TAG", "rfm", True)
    assert (kept.announced, kept.requested_at) == (False, NOON)
    told = api("POST", "/tags/rfm/recompute", query={"backfill": "announce"}).body
    assert told["build"] == answer["build"] + 1


def test_what_has_no_thresholds_to_compute_is_refused(api):
    body = rfm()
    body["how"]["thresholds"] = FIXED
    api.put("/tags/fixed", body)
    refused = api.post("/tags/fixed/recompute")
    assert refused.status == 400
    assert "no thresholds to compute" in refused.body["message"]
    assert api.post("/tags/gone/recompute").status == 404
