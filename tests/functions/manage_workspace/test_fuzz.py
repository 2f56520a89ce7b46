"""Whatever is sent to whatever path: an answer of the documented form, and never a 5xx."""

import copy
import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.operation import Operation
from tests.functions.manage_workspace.test_audiences import machine  # noqa: F401

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)  # lone surrogates, too
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT,
    st.sampled_from(["P1D", "end", "event", "trait", "all", "email", 10**400, 1e308, -0.0, ""]),
)  # fmt: skip
FIELDS = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        ["type", "channel", "event", "condition", "conditions", "steps", "entry", "title", "name",
         "source_id", "granted", "timezone", "time_scale", "rehearsal", "journey_id", "exit_on"]
    ),
)  # fmt: skip
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)
ANYTHING = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])

VALID = {
    "put_settings": {"timezone": "Asia/Shanghai", "rehearsal": True, "time_scale": 60},
    "create_write_key": {"source_id": "web"},
    "put_segment": {
        "title": "s",
        "condition": {
            "type": "all",
            "conditions": [
                {"type": "event", "event": "a", "times": 3, "within_days": 7},
                {"type": "not", "condition": {"type": "trait", "trait": "t", "operator": "exists"}},
            ],
        },
    },
    "put_template": {"channel": "email", "subject": "s", "html": "<p>{{ profile.name }}</p>"},
    "put_journey": {
        "title": "j",
        "entry": {"type": "segment", "segment_id": "known"},
        "exit_on": [{"event": "a"}],
        "steps": [
            {"type": "wait", "name": "w", "duration": "P1D"},
            {"type": "send", "name": "s", "template_id": "known"},
            {"type": "wait_for", "name": "f", "events": [{"event": "b"}], "timeout": "PT1H"},
        ],
    },
    "put_consent": {"granted": True},
    "put_suppression": {"reason": "asked"},
}


@st.composite
def a_mutated_body(draw: st.DrawFn, operation: Operation) -> object:
    """A valid body with one part of it replaced by something else."""
    body = copy.deepcopy(VALID.get(operation.name, {}))
    places: list[tuple[object, object]] = []

    def walk(node: object) -> None:
        children = node.items() if isinstance(node, dict) else enumerate(node)
        for key, child in children:
            places.append((node, key))
            if isinstance(child, dict | list):
                walk(child)

    walk(body)
    if places:
        node, key = draw(st.sampled_from(places))
        node[key] = draw(ANY_JSON)
    return body


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], str | None]:
    operation = draw(st.sampled_from(OPERATIONS))
    parts = st.sampled_from(["known", "email", "marketing", "none"]) | ANY_TEXT
    path = "/".join(
        draw(parts | parts.map(lambda part: quote(part, errors="ignore")))
        if name.startswith("{")
        else name
        for name in operation.path.split("/")
    )
    query = {
        name: draw(st.sampled_from(["user_id", "known", "1"]) | ANY_TEXT)
        for name in draw(st.lists(st.sampled_from(["kind", "value", "limit", "cursor"])))
    }
    body = draw(
        st.none()
        | ANY_TEXT
        | ANY_JSON.map(json.dumps)
        | a_mutated_body(operation).map(json.dumps)
        | a_mutated_body(operation).map(json.dumps)
    )
    method = draw(st.sampled_from([operation.method] * 5 + ["GET", "PATCH"]))
    return method, path, query, body


@pytest.mark.usefixtures("machine")  # whose builds GET /builds asks for
@given(requests())
@ANYTHING
def test_bad_input_is_the_callers_fault_and_said_so(api, sent):
    method, path, query, body = sent
    answer = api(method, path, body, query=query)
    assert answer.status in {200, 400, 404, 405, 409, 413}, answer
    if answer.status == 200:
        assert answer.body["success"] is True
    else:
        assert answer.body.keys() == {"success", "code", "message", "details"}
        assert answer.body["success"] is False
        assert isinstance(answer.body["message"], str)
        assert answer.body["message"]
        assert all(detail.keys() == {"path", "message"} for detail in answer.body["details"])


@given(st.sampled_from([one for one in OPERATIONS if one.name in VALID]), st.data())
@ANYTHING
def test_whatever_was_accepted_is_given_back(api, operation, data):
    if "id}" not in operation.path or operation.method != "PUT" or "consent" in operation.path:
        return
    path = operation.path.split("{")[0] + "known"
    answer = api("PUT", path, json.dumps(data.draw(a_mutated_body(operation))))
    if answer.status == 200:
        again = api("PUT", path, answer.body[operation.name.removeprefix("put_")])
        assert (again.status, again.body["outcome"]) == (200, "unchanged")
        assert api("GET", path).status == 200
        if operation.name == "put_journey":
            assert api("POST", f"{path}/publish").status in {200, 400}


@pytest.mark.parametrize("path", ["", "/", "/settings/x", "/segments/a/b", "//settings", "/x"])
def test_an_unknown_path_is_not_found(api, path):
    assert api("GET", path).status == 404


def test_another_method_is_answered_with_those_that_work(api):
    answer = api("PATCH", "/settings")
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
