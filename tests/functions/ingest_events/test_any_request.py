"""Whatever is sent to whatever path: an answer, never a 5xx, and the figures add up."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest_events import handler
from shared.domain.events.routes import ROUTES

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
BATCHES = st.fixed_dictionaries(
    {"batch": st.lists(JUNK, max_size=3) | JUNK}, optional={"writeKey": JUNK, "sentAt": JUNK}
)
BODIES = st.none() | st.text(st.characters()) | (JUNK | BATCHES).map(json.dumps)
PATHS = st.sampled_from([*ROUTES, "/v1/projects/wk_test/settings", "/"])


# The world is not made anew for each example; what it remembers is emptied instead.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "OPTIONS", "PUT"]),
    path=PATHS | st.text().map("/".__add__),
    authorization=st.none() | st.just("Basic d2tfdGVzdDo=") | st.text(),
    encoding=st.sampled_from([None, "gzip", "br"]),
    body=BODIES,
    encoded=st.booleans(),
)
def test_every_request_has_an_answer(
    lean_world: Any,
    method: str,
    path: str,
    authorization: str | None,
    encoding: str | None,
    body: str | None,
    encoded: bool,
) -> None:
    lean_world.events.clear()
    headers = {"authorization": authorization, "content-encoding": encoding, "host": "h"}
    event = {
        "rawPath": path,
        "headers": {name: text for name, text in headers.items() if text is not None},
        "requestContext": {"http": {"method": method}, "stage": "$default", "timeEpoch": 1.8e12},
        "isBase64Encoded": encoded,
        **({} if body is None else {"body": body}),
    }

    response = handler.handle(event, None)

    assert response["statusCode"] in {200, 204, 400, 401, 404, 405, 413}
    json.dumps(response, ensure_ascii=False).encode()  # what the runtime does with it
    answer = json.loads(response.get("body", "{}"))
    if "accepted" in answer:
        assert answer["accepted"] == len(lean_world.events)
        route = ROUTES[path.rstrip("/")]
        sent = 1 if route.type else len(json.loads(body or "")["batch"])
        assert answer["accepted"] + len(answer["rejected"]) == sent
