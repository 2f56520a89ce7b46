"""The heaviest work of the functions that look at everybody."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.emulated_aws import LAKE
from benchmarks.heavy_events import PUBLISHED
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws import keys
from shared.aws.identity_rows import answering, new_profile
from shared.aws.items import Item, to_item, to_text
from shared.domain.due.batches import decode
from shared.domain.due.timing import JUDGED
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from shared.domain.identity.rules import DEFAULT_RULES

CROWD: Final = 20_000
LISTED: Final = 1_000_000  # people whom the lake knows
DUE: Final = 20_000
_BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_RESULT: Final = "results/bench.csv"
_EVER: Final = {"type": "event", "event": "catalog"}


def gather(stage: Stage) -> None:
    """Put a crowd into the table: people who merged once, with two identifiers and some traits."""
    stage.put(row for n in range(CROWD) for row in _person(n))


def review_identity(stage: Stage) -> Iterator[Peak]:
    """A trial of rules on everybody, which holds all links at once."""
    asked = {"purpose": "trial", "rules": DEFAULT_RULES.model_dump(mode="json")}
    review_id = stage.ask("POST", "/identity/reviews", asked)["review"]["review_id"]
    work = json.dumps({"workspace_id": WORKSPACE, "review_id": review_id})
    ran = stage.from_queue("review_identity", [work], seconds=900)
    review = stage.ask("GET", f"/identity/reviews/{review_id}")["review"]
    assert review["stage"] == "done", review
    assert review["report"]["people_before"] >= CROWD, review["report"]
    yield Peak("review_identity", f"a trial on {CROWD:,} people of two identifiers", ran.peak_mb)


def gather_audience(stage: Stage) -> Iterator[Peak]:
    """A file of everybody who is in the table, with what is known of each."""
    list_people(stage, CROWD)
    asked = {"condition": _EVER, "format": "jsonl", "fields": ["email", "user_id", "city", "note"]}
    audience_id = stage.ask("POST", "/audiences/export", asked)["audience"]["audience_id"]
    work = json.dumps({"workspace_id": WORKSPACE, "audience_id": audience_id})
    ran = stage.from_queue("gather_audience", [work], seconds=900)
    audience = stage.ask("GET", f"/audiences/{audience_id}")["audience"]
    assert (audience["people"], audience["written"]) == (CROWD, CROWD), audience
    size = audience["size"] // 1_000_000
    yield Peak("gather_audience", f"a file of {CROWD:,} people, {size} MB", ran.peak_mb)


def build_segments(stage: Stage) -> Iterator[Peak]:
    """The list of everybody, and the report on as many segments as there may be."""
    list_people(stage, LISTED)
    number = stage.ask("GET", "/builds")["builds"][0]["build"]
    work = {"workspace_id": WORKSPACE, "build": number}
    ran = stage.run("build_segments", [{**work, "task": "people"}], seconds=900)
    assert ran.answers[0]["batches"] == LISTED // 100, ran.answers
    yield Peak("build_segments", f"the list of {LISTED:,} people", ran.peak_mb)

    stage.athena.answers(columns=("segment_id", "people"), rows=[("0", "7")])
    ran = stage.run("build_segments", [{**work, "task": "report"}], seconds=900)
    assert ran.answers[0]["counts"] >= PUBLISHED, ran.answers
    what = f"the report on {PUBLISHED:,} segments in {len(stage.athena.queries)} queries"
    yield Peak("build_segments", what, ran.peak_mb)


def sweep_due(stage: Stage) -> Iterator[Peak]:
    """Very many people who come due at once."""
    at = datetime.now(UTC)
    due = {crowd_id(n): at - timedelta(milliseconds=n) for n in range(DUE)}
    places = (keys.due(WORKSPACE, JUDGED, instant, name) for name, instant in due.items())
    stage.put(to_item(place._asdict()) for place in places)
    ran = stage.run("sweep_due", [{"index": JUDGED}], seconds=600)
    bodies = (record["body"] for batch in stage.aws.drain("due") for record in batch)
    sent = {name for body in bodies for name in decode(body).names}
    assert sent >= due.keys(), f"{len(sent)} of {DUE} people were sent"
    yield Peak("sweep_due", f"{DUE:,} people who are due", ran.peak_mb)


# --- what is handed over ------------------------------------------------------------------------


def list_people(stage: Stage, people: int) -> None:
    """Let the lake answer with so many people."""
    body = '"profile_id"\n' + "".join(f'"{crowd_id(n)}"\n' for n in range(people))
    stage.aws.client("s3").put_object(Bucket=LAKE, Key=_RESULT, Body=body.encode())
    stage.athena.answers(address=f"s3://{LAKE}/{_RESULT}")


def crowd_id(n: int) -> str:
    """The profile of somebody in the crowd."""
    return f"{n:032x}"


def _person(n: int) -> Iterator[Item]:
    root, absorbed = crowd_id(n), crowd_id(n + 2**64)
    left, right = Identifier("email", f"{n}@example.com"), Identifier("user_id", f"crowd-{n}")
    edge = Edge(left, right, _BORN, f"m{n}", "bench", "server", "identify")
    graph = Graph(
        roots=(Root(root, _BORN), Root(absorbed, _BORN)),
        nodes=(Node(left, root, _BORN), Node(right, absorbed, _BORN)),
        edges=(edge,),
        version=2,
        joins=1,
    )
    born = {strand: new_profile(WORKSPACE, strand, _BORN) for strand in (root, absorbed)}
    yield to_item({**born[root], "traits": _traits(n), **answering(graph, None)})
    yield to_item({**born[absorbed], "redirect": root})


def _traits(n: int) -> str:
    known: dict[str, Any] = {"email": f"{n}@example.com", "city": "杭州", "note": "x" * 200}
    at = "2026-01-01T00:00:00.000Z"
    return to_text(
        {name: {"value": value, "at": at, "source_id": "bench"} for name, value in known.items()}
    )
