"""What the lake keeps of people beside their events, so that they can be made again from it.

An event names people and says what they did, but not in which strand an identifier lies, nor what
an operator has typed in: consents, cut links, addresses that are not written to. Those rows are
copied as the stream brings them. An address is copied as its HMAC alone: the copy then names nobody
and may stay for ever, as the row itself does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import from_item
from shared.domain.counters.fold import position_in
from shared.domain.lake.rows import Row, fact_row

Record = Mapping[str, Any]

IDENTIFIER: Final = "identifier"
AGREED: Final = "agreed"
CUT: Final = "cut"
SUPPRESSION: Final = "suppression"
_SINCE: Final = ("linked_at", "erased_at")
_PLAIN: Final = frozenset({"pk", "sk", "address", "source"})  # of a suppression: what names people


def fact_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row for everything in a batch of the stream that no event tells."""
    for record in records:
        change = record["dynamodb"]
        pk, sk = str(change["Keys"]["pk"]["S"]), str(change["Keys"]["sk"]["S"])
        workspace_id, _, rest = pk.partition("#")
        match rest.partition("#")[0]:
            case "I" if record["eventName"] != "REMOVE":
                told = _image(record)
                strand_id = told["strand_id"]
                since: dict[str, Any] = {name: told[name] for name in _SINCE if name in told}
                yield _fact(record, (workspace_id, strand_id), IDENTIFIER, rest[2:], since)
            case "S":
                told = _image(record)
                kept = {name: told[name] for name in told.keys() - _PLAIN} or None
                yield _fact(record, (workspace_id, ""), SUPPRESSION, f"{rest[2:]}#{sk}", kept)
            case "P":
                yield from _of_person(record, keys.profile_of(pk), sk)


def _of_person(record: Record, strand: tuple[str, str], sk: str) -> Iterator[Row]:
    if sk.startswith(keys.AGREED_PREFIX) and record["eventName"] != "REMOVE":
        told = _image(record)
        yield _fact(
            record, strand, AGREED, sk, {name: told[name] for name in told.keys() - {"pk", "sk"}}
        )
    elif sk.startswith(keys.DISPUTE_PREFIX):
        text = _image(record).get("dispute")
        told = json.loads(text) if text else {}
        is_cut = told.get("reason") == "unmerged"
        if is_cut or record["eventName"] != "INSERT":  # what is no cut any more, or gone
            yield _fact(record, strand, CUT, sk, _own_end(told, strand[1]) if is_cut else None)


def _own_end(told: Mapping[str, Any], strand_id: str) -> dict[str, Any]:
    """Of a cut what is the strand's own: who has the other end may be erased without this one."""
    own = told["left"] if told["strands"][0] == strand_id else told["right"]
    return {"end": own, "at": told["at"]}


def _fact(
    record: Record, strand: tuple[str, str], fact: str, key: str, told: Mapping[str, Any] | None
) -> Row:
    return fact_row(*strand, fact, key, position_in(record), told)


def _image(record: Record) -> dict[str, Any]:
    return from_item(record["dynamodb"].get("NewImage", {}))
