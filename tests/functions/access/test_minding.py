"""What people meet in a published journey is changed by an approver, whatever way it is used."""

from typing import Any

import pytest

from functions.manage_workspace import handler
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from tests.functions.access.conftest import MACHINE, Answer, ask, token

EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>{% render 'foot' %}"}
JOURNEY = {
    "title": "Thanks",
    "purpose": "transactional",
    "entry": {"type": "segment", "segment_id": "outer"},
    "steps": [{"type": "send", "name": "thank you", "template_id": "hello"}],
}
INNER = {"title": "Inner", "condition": {"type": "event", "event": "payment_done"}}
OUTER = {"title": "Outer", "condition": {"type": "segment", "segment_id": "inner"}}


def put(path: str, body: Any, caller: Any = MACHINE) -> Answer:
    prefix = PREFIX if caller is MACHINE else OPERATOR_PREFIX
    return ask("PUT", prefix + path, caller, body)


@pytest.fixture(autouse=True)
def _definitions(api: Any) -> None:
    for path, body in (
        ("/blocks/foot", {"html": "<p>Foot</p>"}),
        ("/templates/hello", EMAIL),
        ("/templates/spare", EMAIL),
        ("/segments/inner", INNER),
        ("/segments/outer", OUTER),
        ("/journeys/thanks", JOURNEY),
    ):
        answer = put(path, body)
        assert answer.status == 200, (path, answer)


CHANGES = [
    ("/templates/hello", {**EMAIL, "subject": "Other"}),
    ("/blocks/foot", {"html": "<p>Other</p>"}),
    ("/segments/outer", {**OUTER, "title": "Other"}),
    ("/segments/inner", {**INNER, "condition": {"type": "event", "event": "other"}}),
]


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_an_editor_changes_it_while_nobody_meets_it_and_an_approver_after(
    path: str, body: dict[str, Any]
) -> None:
    assert put(path, body, token("editor")).status == 200
    published = ask("POST", f"{PREFIX}/journeys/thanks/publish", MACHINE)
    assert published.status == 200, published
    again = {**body, "html": "<p>Third</p>"} if "html" in body else {**body, "title": "Third"}
    before = ask("GET", PREFIX + path, MACHINE).body
    refused = put(path, again, token("editor"))
    assert refused.status == 403, refused
    assert "'thanks'" in refused.body["message"]
    assert "needs the role approver" in refused.body["message"]
    assert ask("GET", PREFIX + path, MACHINE).body == before
    assert put(path, again, token("approver")).status == 200


def test_what_no_published_journey_uses_stays_an_editors() -> None:
    ask("POST", f"{PREFIX}/journeys/thanks/publish", MACHINE)
    assert put("/templates/spare", {**EMAIL, "subject": "Mine"}, token("editor")).status == 200
    assert put("/segments/new", INNER, token("editor")).status == 200
    draft = {**JOURNEY, "title": "A draft"}
    assert put("/journeys/thanks", draft, token("editor")).status == 200


def test_what_people_inside_an_older_version_are_still_sent_is_changed_by_an_approver() -> None:
    ask("POST", f"{PREFIX}/journeys/thanks/publish", MACHINE)
    newer = {**JOURNEY, "steps": [{**JOURNEY["steps"][0], "template_id": "spare"}]}
    assert put("/journeys/thanks", newer).status == 200
    assert ask("POST", f"{PREFIX}/journeys/thanks/publish", MACHINE).status == 200
    mine = {**EMAIL, "subject": "Mine"}
    for template in ("hello", "spare"):
        refused = put(f"/templates/{template}", mine, token("editor"))
        assert refused.status == 403, refused
        assert "'thanks'" in refused.body["message"]
        deleted = ask("DELETE", f"{OPERATOR_PREFIX}/templates/{template}", token("editor"))
        assert deleted.status in (400, 403), deleted
    assert put("/templates/hello", mine, token("approver")).status == 200


def test_a_stage_that_a_published_journey_begins_by_is_changed_by_an_approver() -> None:
    stages = {
        "stages": [{"stage": "buyer", "title": "Buyer", "condition": OUTER["condition"]}],
        "otherwise": "guest",
        "otherwise_title": "Guest",
    }
    assert put("/lifecycle", stages).status == 200
    begun = {**JOURNEY, "entry": {"type": "lifecycle", "stage": "buyer"}}
    assert put("/journeys/begun", begun).status == 200
    assert put("/segments/inner", {**INNER, "title": "Before"}, token("editor")).status == 200
    assert ask("POST", f"{PREFIX}/journeys/begun/publish", MACHINE).status == 200
    other = {**INNER, "condition": {"type": "event", "event": "other"}}
    refused = put("/segments/inner", other, token("editor"))
    assert refused.status == 403, refused
    assert "'begun'" in refused.body["message"]
    assert put("/segments/inner", other, token("approver")).status == 200


def test_whom_a_waiting_broadcast_asks_is_changed_by_an_approver() -> None:
    called = {**JOURNEY, "clock": "due_index", "entry": {"type": "call"}}
    assert put("/journeys/called", called).status == 200
    assert ask("POST", f"{PREFIX}/journeys/called/publish", MACHINE).status == 200
    other = {**INNER, "condition": {"type": "event", "event": "other"}}
    assert put("/segments/inner", {**INNER, "title": "Before"}, token("editor")).status == 200
    wanted = {"journey_id": "called", "segment_id": "outer"}
    started = put("/broadcasts/spring", wanted)
    assert started.status == 200, started
    refused = put("/segments/inner", other, token("editor"))
    assert refused.status == 403, refused
    assert "'spring'" in refused.body["message"]
    ask("POST", f"{PREFIX}/broadcasts/spring/cancel", MACHINE)
    assert put("/segments/inner", other, token("editor")).status == 200


@pytest.mark.parametrize("query", [{}, {"backfill": "announce"}])
def test_numbers_of_a_tag_that_people_meet_are_computed_anew_by_an_approver(query: Any) -> None:
    shares = {"recency_share": 0.2, "frequency_share": 0.2, "monetary_share": 0.2}
    how = {"type": "rfm", "event": "order", "amount": "value",
           "thresholds": {"type": "quantile", **shares}}  # fmt: skip
    rfm = {"title": "RFM", "category": "value", "family": "value", "how": how}
    assert put("/tags/rfm", rfm).status == 200
    builds = handler.wiring().ports.audiences.builds
    best = {"type": "tag", "tag_id": "rfm", "operator": "equals", "value": "important_value"}
    assert put("/segments/inner", {**INNER, "condition": best}).status == 200

    def recompute(role: Any) -> Answer:
        return ask("POST", f"{OPERATOR_PREFIX}/tags/rfm/recompute", token(role), query=query)

    assert recompute("editor").status == 200
    assert ask("POST", f"{PREFIX}/journeys/thanks/publish", MACHINE).status == 200
    newest = builds.newest("default")
    refused = recompute("editor")
    assert refused.status == 403, refused
    assert "'thanks'" in refused.body["message"]
    assert builds.newest("default") == newest
    assert recompute("approver").status == 200
