"""Folds events into the rows that count them (STATE, CNT), exactly once.

Each of these rows is written once for a batch, without a transaction and, as a rule, without
being read: the update holds only when the row is behind the batch in position and in time. Where
it is not (a redelivery, a late event), the row is read, and only what it does not hold yet is
added, on condition that nobody moved it meanwhile.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import from_item, is_conditional_failure, to_item
from shared.domain.counters.fold import Fold, is_named
from shared.domain.instants import parse_instant
from shared.errors import TransientError

Row = dict[str, Any]


class Kind(NamedTuple):
    """A kind of folded row: the attributes of the first and the last instant it knows."""

    first: str
    last: str
    returns: str  # what the update gives back: the whole row only where somebody reads it


class _Limits(NamedTuple):
    """The first and the last instant and touch that a row is to have."""

    period: tuple[datetime, datetime] | None
    touches: tuple[str, str] | None


class _Guard(NamedTuple):
    """When a fold may be added, and what the row's first instant and first touch become then.

    `dated` and `touched` are asked too where the fold has instants and touches.
    """

    condition: str
    first: str
    dated: str
    touched: str
    first_touch: str

    def when(self, limits: _Limits, *, is_named: bool) -> str:
        """The condition for a fold of these limits, whose positions name their stream or do not."""
        return self.condition.format(
            named=_NAMED if is_named else "",
            dated=self.dated if limits.period else "",
            touched=self.touched if limits.touches else "",
        )


STATE_ROW: Final = Kind("first_seen_at", "last_seen_at", "ALL_NEW")
COUNTER_ROW: Final = Kind("first_at", "last_at", "NONE")

_TOUCHES: Final = (":first_touch", ":last_touch")
# A row from before positions named their stream has to be read: its number may be of this stream.
_NAMED: Final = " AND #position > :unnamed"
_UNNAMED: Final = "1"  # above what begins with a nought, below any instant

_BEHIND: Final = _Guard(
    "attribute_not_exists(#position) OR (#position < :begins{named}{dated}{touched})",
    "if_not_exists(#first, :first)",
    " AND #first <= :first AND #last <= :last",
    " AND (attribute_not_exists(first_touch) OR "
    "(first_touch <= :first_touch AND last_touch <= :last_touch))",
    "if_not_exists(first_touch, :first_touch)",
)
_UNMOVED: Final = _Guard("#position = :position", ":first", "", "", ":first_touch")


class Folder:
    """Folded rows of one table of people."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def fold(self, key: keys.Key, fold: Fold, kind: Kind) -> Row:
        """Fold into a row that should be behind; gives the row if its kind returns it.

        Raises TransientError when somebody else folds the same row at the same time.
        """
        values = {":begins": fold.begins}
        if is_named(fold.begins):
            values[":unnamed"] = _UNNAMED
        try:
            return self._add(key, fold, kind, _BEHIND, values, _Limits(fold.period, fold.touches))
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
        row = self.read(key) or {}
        rest = fold.after(row.get("position", ""))
        return self._fold_rest(key, rest, kind, row) if rest else row

    def read(self, key: keys.Key) -> Row | None:
        """A row as it is now, strongly consistent."""
        item = self._client.get_item(
            TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None

    def _fold_rest(self, key: keys.Key, rest: Fold, kind: Kind, row: Row) -> Row:
        """Fold what a row that was read does not hold yet."""
        period, touches = rest.period, rest.touches
        if period and kind.first in row:
            first_at, last_at = parse_instant(row[kind.first]), parse_instant(row[kind.last])
            period = min(period[0], first_at), max(period[1], last_at)
        if touches and "first_touch" in row:
            first, last = touches
            touches = min(first, row["first_touch"]), max(last, row["last_touch"])
        values = {":position": row["position"]}
        try:
            return self._add(key, rest, kind, _UNMOVED, values, _Limits(period, touches))
        except ClientError as error:
            if is_conditional_failure(error):
                raise TransientError("somebody else folds the same person") from error
            raise

    def _add(
        self,
        key: keys.Key,
        fold: Fold,
        kind: Kind,
        guard: _Guard,
        values: dict[str, Any],
        limits: _Limits,
    ) -> Row:
        counts = {f":{name}": n for name, n in fold.increments.items()}
        adds = ", ".join(f"{name[1:]} {name}" for name in counts)
        sets, names = "#position = :ends", {"#position": "position"}
        if limits.period:
            first, last = limits.period
            sets += f", #first = {guard.first}, #last = :last"
            names |= {"#first": kind.first, "#last": kind.last}
            values = {**values, ":first": first, ":last": last}
        if limits.touches:
            sets += f", first_touch = {guard.first_touch}, last_touch = :last_touch"
            values = {**values, **dict(zip(_TOUCHES, limits.touches, strict=True))}
        response = self._client.update_item(
            TableName=self._table,
            Key=to_item(key._asdict()),
            UpdateExpression=f"SET {sets} ADD {adds}",
            ConditionExpression=guard.when(limits, is_named=":unnamed" in values),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_item({**values, **counts, ":ends": fold.ends}),
            ReturnValues=kind.returns,
        )
        return from_item(response.get("Attributes", {}))
