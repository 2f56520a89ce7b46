"""Puts together what applies events to people over mocked tables, with nothing random in it."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from typing import Any

from shared.aws.event_applier import make_ports
from shared.aws.items import from_item
from shared.domain.events.own import CONSENT_CHANGED
from shared.domain.identity.applying import ApplyEvents, Ports
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE

SECRET = "an-identity-secret-for-tests-only"


class Secrets:
    """A Secrets Manager with one secret."""

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        return {"SecretString": SECRET}


class Report:
    """Remembers what went wrong."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.refused: list[str] = []

    def failed(self, error: Exception) -> None:
        self.errors.append(error)

    def traits_refused(self, reasons: Sequence[str]) -> None:
        self.refused += reasons


def ports_over(
    client: Any, new_id: Callable[[], str] | None = None, report: Report | None = None
) -> Ports:
    """Ports over a DynamoDB client, at noon; ids are p1, p2, ... unless told otherwise."""
    numbers = count(1)
    return make_ports(
        client,
        Secrets,
        profiles_table=PROFILES_TABLE,
        catalog_table=CATALOG_TABLE,
        identity_secret_arn="identity",
        report=report or Report(),
        new_id=new_id or (lambda: f"p{next(numbers)}"),
        pause=lambda seconds: None,
        now=lambda: NOON,
    )


def applier_over(client: Any, new_id: Callable[[], str] | None = None) -> ApplyEvents:
    """Applies events over a DynamoDB client."""
    return ApplyEvents(ports_over(client, new_id))


def all_rows(client: Any, table: str) -> list[dict[str, Any]]:
    """Every row of a table as plain data."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = client.scan(**request)
        found += [from_item(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def named_rows(client: Any, table: str) -> list[dict[str, Any]]:
    """Every row, with strands named `kind=value` after their identifier, wherever they stand."""
    found = all_rows(client, table)
    names = {
        row["strand_id"]: row["pk"].partition("#I#")[2].replace("#", "=")
        for row in found
        if "#I#" in row["pk"]
    }
    if names:
        ids = re.compile("|".join(rf"\b{each}\b" for each in names))
        found = json.loads(ids.sub(lambda match: names[match[0]], json.dumps(found)))
    return sorted(found, key=lambda row: (row["pk"], row["sk"]))


def state_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Who is who and what is known of them: nothing that depends on who came first.

    Holds on the way that every strand answers for itself or redirects to its root at once, that no
    identifier is without its strand and person, and that timelines say what is in force.
    """
    profiles = {row["profile_id"]: row for row in rows if row["sk"] == "PROFILE"}
    sightings = {row["strand_id"]: row for row in rows if "#I#" in row["pk"]}
    assert profiles.keys() == sightings.keys()
    people, links = {}, {}
    for root, row in profiles.items():
        if "redirect" in row:
            assert "graph" not in row
            assert "graph" in profiles[row["redirect"]], "the way takes more than one hop"
            continue
        graph = json.loads(row["graph"])
        assert "chained" not in row
        assert graph["roots"][0][0] == root
        strands = {strand for _, _, strand, _ in graph["nodes"]}
        assert all(profiles[each].get("redirect", root) == root for each in strands)
        assert root in strands
        people[frozenset(strands)] = next(
            (
                json.loads(each["decisions"]) or None
                for each in rows
                if each["sk"] == "CONSENT" and each["pk"].endswith(f"#P#{root}")
            ),
            None,
        )
        for left, right, *evidence in graph["edges"]:
            ends = frozenset(graph["nodes"][end][2] for end in (left, right))
            links[ends] = evidence
        assert told_of(rows, strands) == in_force_of(rows, root)
    assert sum(map(len, people)) == len(profiles), "a strand belongs to two people, or to none"
    kept = ("EVT#", "AGREED#", "DSP#")
    return {
        "people": people,
        "links": links,
        "traits": {strand: row["traits"] for strand, row in profiles.items()},
        "rows": {
            (r["pk"], r["sk"]): dict(r)
            for r in rows
            # What people hear of their consents depends on when they say and join something.
            if r["sk"].startswith(kept) and r.get("name") != CONSENT_CHANGED
        },
    }


def told_of(rows: Sequence[Mapping[str, Any]], strands: Collection[str]) -> dict[str, bool]:
    """What the timelines of some strands say last of each scope, but for what they take back."""
    events = sorted(
        (row["occurred_at"], row["body"])
        for row in rows
        if row.get("name") == CONSENT_CHANGED and row["pk"].partition("#P#")[2] in strands
    )
    instants = [at for at, _ in events]
    assert len(instants) == len(set(instants)), "two at once"
    last: dict[str, str] = {}
    for _, body in events:
        last |= json.loads(body)["properties"]
    return {scope: word == "granted" for scope, word in last.items() if word != "none"}


def in_force_of(rows: Sequence[Mapping[str, Any]], root: str) -> dict[str, bool]:
    """What holds at a root, named as the timeline names it."""
    found = [
        json.loads(row["decisions"])
        for row in rows
        if row["sk"] == "CONSENT" and row["pk"].endswith(f"#P#{root}")
    ]
    return {
        f"{purpose}{topic and '/'}{topic}{channel and '@'}{channel}": granted
        for decisions in found
        for purpose, topic, channel, granted, *_ in decisions
    }
