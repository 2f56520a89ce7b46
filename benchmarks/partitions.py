"""Which partitions many people write to at once: counted from the calls that are really made."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from shared.aws import keys, session
from shared.domain.due.timing import WOKEN

MILLION_A_MINUTE: Final = 1_000_000 / 60
_WORKSPACE: Final = "default"
_PERSON: Final = keys.person(_WORKSPACE, "")
_DUE: Final = keys.due_shard(_WORKSPACE, WOKEN, 0)[:-2]
_COUNTED: Final = f"{_WORKSPACE}#L#"


@dataclass
class Shared:
    """Partitions of one kind that belong to no single person."""

    name: str
    partitions: int
    writes_a_person: float  # in all ten steps
    writes_a_second: float  # for each, when a million people make all ten steps in one minute


class Partitions:
    """Counts the writes to each partition of the table of people."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._written: Counter[str] = Counter()

    def attach(self) -> None:
        """Hook into the session; must come before its first client is made."""
        session._session().register("before-call.dynamodb.*", self._count)

    def reset(self) -> None:
        """Forget what was counted."""
        self._written.clear()

    def shared(self, people: int, shards: int) -> list[Shared]:
        """What so many people wrote to partitions that are nobody's own, the fullest first."""
        by_kind: Counter[str] = Counter()
        found: Counter[str] = Counter()
        for partition, writes in self._written.items():
            if not partition.startswith(_PERSON):
                by_kind[_kind(partition)] += writes
                found[_kind(partition)] += 1
        rows = []
        for name, writes in by_kind.most_common():
            count = shards if name == "the due index" else found[name]
            rate = MILLION_A_MINUTE * writes / people / count
            rows.append(Shared(name, count, round(writes / people, 2), round(rate, 1)))
        return rows

    def _count(self, params: dict[str, Any], **_: object) -> None:
        body = params["body"]
        asked = json.loads(body if isinstance(body, str) else body.decode())
        for table, key in _keys(asked):
            if table == self._table:
                self._written[key["pk"]["S"]] += 1


def _kind(partition: str) -> str:
    if partition.startswith(_DUE):
        return "the due index"
    return "marks of what was counted" if partition.startswith(_COUNTED) else partition


def _keys(asked: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(table, the keys of what is written there) of any call that writes."""
    for action in asked.get("TransactItems", ()):
        for kind in ("Put", "Update", "Delete"):
            if write := action.get(kind):
                yield write["TableName"], write.get("Item") or write["Key"]
    requests = asked.get("RequestItems", {})
    for table, writes in requests.items():
        for write in writes if isinstance(writes, list) else ():
            ((_, request),) = write.items()
            yield table, request.get("Item") or request["Key"]
    if "Item" in asked or "UpdateExpression" in asked:
        yield asked["TableName"], asked.get("Item") or asked["Key"]
