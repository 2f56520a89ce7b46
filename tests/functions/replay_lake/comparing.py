"""What people are, without what by nature is another one when they are made again.

Another instant of judging: since when somebody is a member or in a stage, when that was told. Other
numbers: versions, positions in the stream, how often something was judged, and in which of the
shards of a tally somebody is counted. What was done for people, which is not counted once more.
What is told of consents, which is told anew. And the plain address of what an operator had
suppressed, of which the lake keeps only the HMAC.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.domain.events.own import CONSENT_CHANGED
from tests.applying import in_force_of, told_of

COUNTED = {"SEGMENT", "TAG"}
STATE = ("events", "first_seen_at", "last_seen_at", "stage", "first_touch", "last_touch")


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


def by_person(found: Mapping[str, Any]) -> dict[Any, Any]:
    """The same, whichever strand of a person answers for the others.

    That is the one which did so when they met, and a replay can let them meet in another order.
    """
    told: dict[Any, Any] = {}
    persons: dict[str, tuple[Any, ...]] = {}
    for key, row in found.items():
        if key.endswith(" PROFILE") and len(row) > 2:
            persons |= {strand: tuple(row[1]) for _, _, strand in row[1]}
    for key, row in found.items():
        pk, _, sk = key.partition(" ")
        person = persons.get(pk.rpartition("#")[2])
        if person is None:
            told[key] = row
        elif sk == "PROFILE":
            told[key] = row[-1]
            told[person, "graph"] = row[1:3] if len(row) > 2 else told.get((person, "graph"))
        elif sk == "STATE":
            told[key] = {name: value for name, value in row.items() if name != "stage"}
            if "stage" in row:
                told[person, "stage"] = row["stage"]
        elif sk.startswith(("SEG#", "TAG#", "CONSENT")):
            told[person, sk] = row
        else:
            told[key] = row
    return told


def _tallies(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """The figures: sums over the shards."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        place = row["pk"].split("#")
        if place[1] == "N" and place[2] in COUNTED:
            numbers = {name: n for name, n in row.items() if name not in ("pk", "sk")}
            sums.setdefault(row["pk"], Counter()).update(numbers)
    return {
        pk: kept for pk, all_of in sums.items() if (kept := {k: n for k, n in all_of.items() if n})
    }


def _told(row: Mapping[str, Any], roots: set[str]) -> Any:
    sk, place = row["sk"], row["pk"].split("#")
    if row.get("name") == CONSENT_CHANGED or sk.startswith(f"CNT#{CONSENT_CHANGED}#"):
        return None
    if place[1] == "I":
        return row["strand_id"], row.get("erased_at")
    if place[1] == "S":
        return row["reason"], row["at"]
    read = READERS.get(sk.partition("#")[0])
    return read(row, place[-1] in roots) if read else None


def _state(row: Mapping[str, Any], is_root: bool) -> Any:
    return {key: row[key] for key in STATE if key in row and (is_root or key != "stage")}


def _numbered(*letters: str) -> Callable[..., Any]:
    return lambda row, is_root: {
        k: v for k, v in row.items() if k[0] in letters and k[1:].isdigit()
    }


def _kept(*names: str) -> Callable[..., Any]:
    return lambda row, is_root: {name: row.get(name) for name in names}


def _consent(row: Mapping[str, Any], is_root: bool) -> Any:
    decided = sorted(json.loads(row["decisions"]))
    return (decided, json.loads(row["latest"])) if decided else None


READERS: dict[str, Callable[..., Any]] = {
    "PROFILE": lambda row, is_root: _profile(row),
    "EVT": lambda row, is_root: json.loads(row["body"]),
    "AGREED": _kept("granted", "at", "source", "evidence", "address", "detail"),
    "DSP": _kept("dispute"),
    "GROUP": _kept(),
    "STATE": _state,
    "CNT": _numbered("d", "r"),
    "MOM": lambda row, is_root: sorted(json.loads(row["moments"])),
    "CELL": _numbered("d"),
    "SEG": lambda row, is_root: (is_root and row["member"] and not row.get("parked")) or None,
    "TAG": lambda row, is_root: row.get("value") if is_root and not row.get("parked") else None,
    "CONSENT": _consent,
}


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
