"""What people are, without what by nature is another one when they are made again.

Another instant of judging: since when somebody is a member or in a stage, when that was told. Other
numbers: versions, positions in the stream, how often something was judged, and in which of the
shards of a tally somebody is counted. What is told of consents, which is told anew. And the plain
address of what an operator had suppressed, of which the lake keeps only the HMAC.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.events.own import CONSENT_CHANGED
from tests.applying import in_force_of, told_of

KEPT = {
    "AGREED#": ("granted", "at", "source", "evidence", "address", "detail"),
    "DSP#": ("dispute",),
    "GROUP#": (),
}
STATE = ("events", "first_seen_at", "last_seen_at", "stage", "first_touch", "last_touch")
COUNTED = ("d", "r")


def people_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Everything that holds of everybody, by partition and sort key."""
    rows = list(rows)
    roots = {row["profile_id"] for row in rows if row["sk"] == "PROFILE" and "graph" in row}
    found: dict[str, Any] = dict(_tallies(rows))
    for row in rows:
        told = None if "#N#" in row["pk"] else _told(row, roots)
        if told is not None:
            found[f"{row['pk']} {row['sk']}"] = told
    for root in roots:
        graph = next(json.loads(r["graph"]) for r in rows if _is_profile(r, root))
        strands = {strand for _, _, strand, _ in graph["nodes"]}
        assert told_of(rows, strands) == in_force_of(rows, root)
    return found


def _tallies(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The figures: sums over the shards."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        if "#N#" in row["pk"]:
            numbers = {name: n for name, n in row.items() if name not in ("pk", "sk")}
            sums.setdefault(row["pk"], Counter()).update(numbers)
    return {
        pk: kept for pk, all_of in sums.items() if (kept := {k: n for k, n in all_of.items() if n})
    }


def _told(row: Mapping[str, Any], roots: set[str]) -> Any:
    sk = row["sk"]
    name = row["pk"].rpartition("#")[2]
    if sk == "PROFILE":
        return _profile(row)
    if "#I#" in row["pk"]:
        return row["strand_id"], row.get("erased_at")
    if "#S#" in row["pk"]:
        return row["reason"], row["at"]
    if row.get("name") == CONSENT_CHANGED or sk.startswith(f"CNT#{CONSENT_CHANGED}#"):
        return None
    if sk.startswith("EVT#"):
        return json.loads(row["body"])
    for prefix, names in KEPT.items():
        if sk.startswith(prefix):
            return {key: row.get(key) for key in names}
    if sk == "STATE":
        return {
            key: row.get(key) for key in STATE if key in row and (name in roots or key != "stage")
        }
    if sk.startswith("CNT#"):
        return {key: value for key, value in row.items() if key[0] in COUNTED and key[1:].isdigit()}
    if sk.startswith("MOM#"):
        return sorted(json.loads(row["moments"]))
    if sk.startswith("CELL#"):
        return {key: v for key, v in row.items() if key[0] == "d" and key[1:].isdigit()}
    if sk.startswith("SEG#"):
        is_in = row["member"] and not row.get("parked") and name in roots
        return is_in or None
    if sk.startswith("TAG#"):
        holds = not row.get("parked") and name in roots and row.get("value") is not None
        return (row["value"],) if holds else None
    if sk == "CONSENT":
        decided = sorted(json.loads(row["decisions"]))
        return (decided, json.loads(row["latest"])) if decided else None
    return None


def _profile(row: Mapping[str, Any]) -> Any:
    if "redirect" in row:
        return row["redirect"], row["traits"]
    graph = json.loads(row["graph"])
    nodes = sorted((kind, value, strand) for kind, value, strand, _ in graph["nodes"])
    names = [tuple(node[:2]) for node in graph["nodes"]]
    edges = sorted([names[left], names[right], *rest] for left, right, *rest in graph["edges"])
    return graph["roots"][0][0], nodes, edges, row["traits"]


def _is_profile(row: Mapping[str, Any], strand: str) -> bool:
    return row["sk"] == "PROFILE" and row.get("profile_id") == strand and "graph" in row
