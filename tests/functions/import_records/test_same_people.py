"""A file and the API make the same people of the same facts, in whatever order they come."""

import csv
import io
import json

import pytest
from aws_lambda_powertools import Logger
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from functions.import_records import usecase
from functions.merge_identity.usecase import MergeIdentity
from shared.aws.import_store import ImportStore
from shared.domain.events.body import read_body
from shared.domain.events.check import check
from shared.domain.events.envelope import read_envelope
from shared.domain.events.model import Source
from shared.domain.events.packing import pack
from shared.domain.events.routes import ROUTES
from tests.applying import applier_over, named_rows, state_of
from tests.conftest import NOON, PROFILES_TABLE
from tests.functions.import_records.conftest import make_world

COLUMNS = ("user_id", "anonymous_id", "email", "unionid", "at", "message_id", "city")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "user_id": st.sampled_from(["", "u1", "u2", "u3"]),
            "anonymous_id": st.sampled_from(["a1", "a2", "a3"]),
            "email": st.sampled_from(["", "", "x@example.com", "y@example.com"]),
            "unionid": st.sampled_from(["", "", "o1", "o2"]),
            "day": st.integers(1, 28),
            "city": st.sampled_from(["", "上海", "北京"]),
        }
    ),
    min_size=3,
    max_size=6,
)


def as_file(rows) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows):
        at = f"2026-01-{row['day']:02d}T00:00:00.{number:03d}Z"
        names = [row[name] for name in COLUMNS[:4]]
        writer.writerow([*names, at, f"m-{number}", row["city"]])
    return out.getvalue().encode("gb18030")


def as_batch(rows) -> bytes:
    events = []
    for number, row in enumerate(rows):
        others = {"email": row["email"], "wechat_unionid": row["unionid"]}
        events.append(
            {
                "type": "identify",
                "messageId": f"m-{number}",
                "timestamp": f"2026-01-{row['day']:02d}T00:00:00.{number:03d}Z",
                "anonymousId": row["anonymous_id"],
                **({"userId": row["user_id"]} if row["user_id"] else {}),
                "traits": {"city": row["city"]} if row["city"] else {},
                "context": {"externalIds": [{"id": v, "type": k} for k, v in others.items() if v]},
            }
        )
    return json.dumps({"batch": events}).encode()


def by_api(dynamodb, rows):
    envelope = read_envelope(read_body(as_batch(rows), ""), ROUTES["/v1/batch"])
    source = Source("default", "crm", server=True)
    checked = check(envelope, ROUTES["/v1/batch"], source, NOON)
    assert not checked.rejected
    people = MergeIdentity(applier_over(dynamodb), None, Logger("test"))
    bodies = pack(accepted.text for accepted in checked.accepted)
    outcome = people.apply([{"messageId": str(n), "body": body} for n, body in enumerate(bodies)])
    assert not outcome.failed
    return known(dynamodb)


def by_file(dynamodb, rows, monkeypatch, chunk_rows):
    with monkeypatch.context() as patch:
        patch.setattr(usecase, "CHUNK_ROWS", chunk_rows)
        world = make_world(dynamodb)
        world.jobs = ImportStore(dynamodb, PROFILES_TABLE)
        world.upload(as_file(rows), kind="profiles", source_id="crm")
        job = world.run(applier=applier_over(dynamodb))
    assert (job.status, job.rows, job.rejected) == ("completed", len(rows), 0)
    return known(dynamodb)


def known(dynamodb):
    """Who is who and what is known; who vouched for it is not the same, and must not matter."""
    rows = [row for row in named_rows(dynamodb, PROFILES_TABLE) if row["pk"] != "default#M"]
    state = state_of(rows)
    bodies = {}
    for key, row in state["rows"].items():
        if key[1].startswith("EVT#"):
            body = json.loads(row["body"])
            bodies[key] = {
                name: body[name]
                for name in body.keys() - {"received_at", "sent_at", "context", "server", "proof"}
            } | {"others": body.get("context", {}).get("externalIds", [])}
    disputes = {key for key in state["rows"] if key[1].startswith("DSP#")}
    links = {pair: evidence[0] for pair, evidence in state["links"].items()}
    return state["people"], links, state["traits"], bodies, disputes


@pytest.mark.slow
@settings(
    max_examples=6,
    phases=[Phase.generate],  # each world costs a second, and shrinking makes hundreds
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS, st.integers(1, 9))
def test_a_file_and_the_api_make_the_same_people(
    aws_environment, mocked_aws, monkeypatch, rows, chunk_rows
):
    with mocked_aws() as dynamodb:
        expected = by_api(dynamodb, rows)
    with mocked_aws() as dynamodb:
        assert by_file(dynamodb, rows, monkeypatch, chunk_rows) == expected
