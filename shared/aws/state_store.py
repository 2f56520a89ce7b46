"""The rows that update_tags folds from the stream (STATE, CNT), and the view that they give.

Each of these rows is written once for a batch, without a transaction and, as a rule, without
being read: the update holds only when the row is behind the batch in position and in time. Where
it is not (a redelivery, a late event), the row is read, and only what it does not hold yet is
added, on condition that nobody moved it meanwhile.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import from_item, is_conditional_failure, query_items, to_item
from shared.domain.counters.fold import Fold, counted_days
from shared.domain.instants import parse_instant
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import References
from shared.errors import TransientError

Row = dict[str, Any]


class _Kind(NamedTuple):
    """A kind of folded row: the attributes of the first and the last instant it knows."""

    first: str
    last: str
    returns: str  # what the update gives back: the whole row only where somebody reads it


class _Guard(NamedTuple):
    """When a fold may be added, and what the row's first instant becomes then."""

    condition: str
    first: str


_STATE: Final = _Kind("first_seen_at", "last_seen_at", "ALL_NEW")
_COUNTER: Final = _Kind("first_at", "last_at", "NONE")
_BEHIND: Final = _Guard(
    "attribute_not_exists(#position) OR "
    "(#position < :begins AND #first <= :first AND #last <= :last)",
    "if_not_exists(#first, :first)",
)
_UNMOVED: Final = _Guard("#position = :position", ":first")

_DECIDED: Final = ("stage", "stage_since", "stage_before", "due_at")


class StateStore:
    """Running facts of people in the profiles table."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def state(self, workspace_id: str, profile_id: str) -> ProfileState | None:
        """The person's state, strongly consistent; None before the first event."""
        row = self._get(keys.Key(keys.person(workspace_id, profile_id), keys.STATE))
        return _state(row) if row and "events" in row else None

    def fold_state(self, workspace_id: str, profile_id: str, fold: Fold) -> ProfileState:
        """Add events to the person's state, exactly once; gives the state with them in it.

        Raises TransientError when somebody else folds the same person at the same time.
        """
        key = keys.Key(keys.person(workspace_id, profile_id), keys.STATE)
        return _state(self._fold(key, fold, _STATE))

    def fold_counter(
        self, workspace_id: str, profile_id: str, event_name: str, month: str, fold: Fold
    ) -> None:
        """Add events to one month's counters of an event, exactly once. Raises TransientError."""
        key = keys.Key(keys.person(workspace_id, profile_id), keys.counter(event_name, month))
        self._fold(key, fold, _COUNTER)

    def settle(
        self, workspace_id: str, profile_id: str, before: ProfileState, after: ProfileState
    ) -> None:
        """Store what is decided about a person: stage and due instant, where they differ.

        Raises TransientError when events were folded since `before` was read.
        """
        changed = {
            name: getattr(after, name)
            for name in _DECIDED
            if getattr(after, name) != getattr(before, name)
        }
        if not changed:
            return
        sets = [f"#{name} = :{name}" for name, value in changed.items() if value is not None]
        removes = [f"#{name}" for name, value in changed.items() if value is None]
        update = [("SET", sets), ("REMOVE", removes)]
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item({"pk": keys.person(workspace_id, profile_id), "sk": keys.STATE}),
                UpdateExpression=" ".join(
                    f"{verb} {', '.join(what)}" for verb, what in update if what
                ),
                ConditionExpression=_UNMOVED.condition,
                ExpressionAttributeNames={
                    "#position": "position",
                    **{f"#{name}": name for name in changed},
                },
                ExpressionAttributeValues=to_item(
                    {":position": before.position, **{f":{n}": v for n, v in changed.items()}}
                ),
            )
        except ClientError as error:
            if is_conditional_failure(error):
                raise TransientError("the person did something meanwhile") from error
            raise

    def load_view(
        self, workspace_id: str, profile_id: str, references: References, today: date
    ) -> View:
        """What is known of a person that the references ask for; strongly consistent.

        One read for all traits, and for each event one query of the months in its window.
        """
        pk = keys.person(workspace_id, profile_id)
        return View(
            traits=self._traits(pk) if references.traits else {},
            counters={
                event: self._days(pk, event, references.first_month(event, today))
                for event in references.events
            },
        )

    def _traits(self, pk: str) -> dict[str, Any]:
        row = self._get(keys.Key(pk, keys.PROFILE)) or {}
        return {name: trait["value"] for name, trait in json.loads(row.get("traits", "{}")).items()}

    def _days(self, pk: str, event_name: str, first_month: str | None) -> dict[date, int]:
        values = {
            ":pk": pk,
            ":first": keys.counter(event_name, first_month or "0001-01"),
            ":last": keys.counter(event_name, "9999-12"),
        }
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(values),
            ConsistentRead=True,
        )
        days: dict[date, int] = {}
        for item in items:
            row = from_item(item)
            days.update(counted_days(row["sk"].rpartition("#")[2], row))
        return days

    def _fold(self, key: keys.Key, fold: Fold, kind: _Kind) -> Row:
        """Fold into a row that should be behind; gives the row if its kind returns it."""
        values = {":first": fold.earliest_at, ":last": fold.latest_at, ":begins": fold.begins}
        try:
            return self._add(key, fold, kind, _BEHIND, values)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
        row = self._get(key) or {}
        rest = fold.after(row.get("position", ""))
        return self._fold_rest(key, rest, kind, row) if rest else row

    def _fold_rest(self, key: keys.Key, rest: Fold, kind: _Kind, row: Row) -> Row:
        """Fold what a row that was read does not hold yet."""
        values = {
            ":first": min(rest.earliest_at, parse_instant(row[kind.first])),
            ":last": max(rest.latest_at, parse_instant(row[kind.last])),
            ":position": row["position"],
        }
        try:
            return self._add(key, rest, kind, _UNMOVED, values)
        except ClientError as error:
            if is_conditional_failure(error):
                raise TransientError("somebody else folds the same person") from error
            raise

    def _add(
        self, key: keys.Key, fold: Fold, kind: _Kind, guard: _Guard, values: dict[str, Any]
    ) -> Row:
        counts = fold.increments
        adds = ", ".join(f"{name} :{name}" for name in counts)
        response = self._client.update_item(
            TableName=self._table,
            Key=to_item(key._asdict()),
            UpdateExpression=(
                f"SET #first = {guard.first}, #last = :last, #position = :ends ADD {adds}"
            ),
            ConditionExpression=guard.condition,
            ExpressionAttributeNames={
                "#first": kind.first,
                "#last": kind.last,
                "#position": "position",
            },
            ExpressionAttributeValues=to_item(
                {**values, ":ends": fold.ends, **{f":{name}": n for name, n in counts.items()}}
            ),
            ReturnValues=kind.returns,
        )
        return from_item(response.get("Attributes", {}))

    def _get(self, key: keys.Key) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None


def _state(row: Mapping[str, Any]) -> ProfileState:
    return ProfileState(
        first_seen_at=parse_instant(row["first_seen_at"]),
        last_seen_at=parse_instant(row["last_seen_at"]),
        events=row["events"],
        stage=row.get("stage", "prospect"),
        stage_since=_instant(row.get("stage_since")),
        position=row["position"],
        due_at=_instant(row.get("due_at")),
        stage_before=row.get("stage_before"),
    )


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
