"""The memberships of people in segments (SEG rows), and the tallies that count members."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from shared.aws import keys
from shared.aws.items import Item, from_item, query_prefix, to_item
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.segments.membership import Membership
from shared.domain.text import to_text
from shared.errors import ConflictError, TransientError

MAX_GET: Final = 100  # rows in one batch read
MAX_FLIPS: Final = 50  # in one transaction: a row and a tally each, of 100 actions
# Many people enter a segment at once and meet at its tallies: tried again after these seconds.
PAUSES_SECONDS: Final = (0.05, 0.2)

T = TypeVar("T")


class Change(NamedTuple):
    """A membership as it is stored (None without a row), and as it is to be stored."""

    before: Membership | None
    after: Membership

    @property
    def flips_before(self) -> int:
        """How often the person has entered and left so far."""
        return self.before.flips if self.before else 0

    @property
    def is_flip(self) -> bool:
        """Whether the person enters or leaves the segment."""
        return self.after.flips != self.flips_before


class MembershipStore:
    """Memberships in the profiles table."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits between two attempts."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    def some(
        self, workspace_id: str, profile_id: str, segment_ids: Iterable[str]
    ) -> dict[str, Membership]:
        """The stored memberships among these segments, by segment; strongly consistent.

        Costs the same however many other memberships the person has. Raises TransientError.
        """
        return self.some_of(workspace_id, [profile_id], segment_ids)[profile_id]

    def some_of(
        self, workspace_id: str, profile_ids: Iterable[str], segment_ids: Iterable[str]
    ) -> dict[str, dict[str, Membership]]:
        """The same of several profiles, by profile, together."""
        found: dict[str, dict[str, Membership]] = {each: {} for each in profile_ids}
        sort_keys = [keys.membership(name) for name in segment_ids]
        owners = {keys.person(workspace_id, each): each for each in found}
        wanted = [to_item({"pk": pk, "sk": sk}) for pk in owners for sk in sort_keys]
        for item in (item for chunk in _chunks(wanted, MAX_GET) for item in self._get(chunk)):
            membership = membership_of(item)
            if not membership.parked:
                found[owners[item["pk"]["S"]]][membership.segment_id] = membership
        return found

    def every(self, workspace_id: str, profile_id: str) -> dict[str, Membership]:
        """All stored memberships of a person, by segment; strongly consistent."""
        found = self.parked_too(workspace_id, profile_id)
        return {name: each for name, each in found.items() if not each.parked}

    def parked_too(self, workspace_id: str, profile_id: str) -> dict[str, Membership]:
        """All membership rows of a profile, also those that count no longer."""
        items = query_prefix(
            self._client,
            self._table,
            keys.Key(keys.person(workspace_id, profile_id), keys.SEGMENT_PREFIX),
        )
        return {each.segment_id: each for each in map(membership_of, items)}

    def store(self, workspace_id: str, profile_id: str, changes: Sequence[Change]) -> None:
        """Store memberships; each flip together with the tally of its segment's members.

        Storing again what is stored already changes nothing. Raises ConflictError when a row is
        not as it was read, TransientError when the tallies are busy.
        """
        for change in changes:
            if not change.is_flip:
                put = self.put_of(workspace_id, profile_id, change)
                transact(self._client, [{"Put": put}], pauses=PAUSES_SECONDS, pause=self._pause)
        for flips in _chunks([change for change in changes if change.is_flip], MAX_FLIPS):
            self._store_flips(workspace_id, profile_id, flips)

    def _store_flips(self, workspace_id: str, profile_id: str, flips: Sequence[Change]) -> None:
        actions: list[Action] = []
        for flip in flips:
            actions.append({"Put": self.put_of(workspace_id, profile_id, flip)})
            actions.append({"Update": self._count(workspace_id, profile_id, flip.after)})
        try:
            transact(self._client, actions, pauses=PAUSES_SECONDS, pause=self._pause)
        except ConflictError:
            # An earlier attempt, whose answer was lost, may have stored these flips.
            if not self._are_stored(workspace_id, profile_id, flips):
                raise

    def _are_stored(self, workspace_id: str, profile_id: str, flips: Sequence[Change]) -> bool:
        stored = self.some(workspace_id, profile_id, [flip.after.segment_id for flip in flips])
        return all(stored.get(flip.after.segment_id) == flip.after for flip in flips)

    def put_of(self, workspace_id: str, profile_id: str, change: Change) -> dict[str, Any]:
        """The request that stores a membership if its row is as it was read."""
        flips = change.flips_before
        return {
            "TableName": self._table,
            "Item": membership_item(workspace_id, profile_id, change.after),
            "ConditionExpression": "(flips = :flips AND attribute_not_exists(parked))"
            + ("" if flips else " OR attribute_not_exists(pk)"),
            "ExpressionAttributeValues": to_item({":flips": flips}),
        }

    def _count(self, workspace_id: str, profile_id: str, after: Membership) -> dict[str, Any]:
        key = keys.tally(workspace_id, "SEGMENT", after.segment_id, profile_id)
        return {
            "TableName": self._table,
            "Key": to_item(key._asdict()),
            "UpdateExpression": "ADD members :n",
            "ExpressionAttributeValues": to_item({":n": 1 if after.member else -1}),
        }

    def _get(self, wanted: Sequence[Any]) -> list[dict[str, Any]]:
        request = {self._table: {"Keys": list(wanted), "ConsistentRead": True}}
        found: list[dict[str, Any]] = []
        for pause in (*PAUSES_SECONDS, None):
            response = self._client.batch_get_item(RequestItems=request)
            found += response["Responses"].get(self._table, [])
            request = response.get("UnprocessedKeys") or {}
            if not request:
                return found
            if pause is not None:
                self._pause(pause)
        raise TransientError("the table is busy")


def membership_item(workspace_id: str, profile_id: str, membership: Membership) -> Item:
    """The row of a membership."""
    return to_item(
        {
            "pk": keys.person(workspace_id, profile_id),
            "sk": keys.membership(membership.segment_id),
            "member": membership.member,
            "since": membership.since,
            "version": membership.version,
            "flips": membership.flips,
            "changes_at": membership.changes_at,
            "because": to_text(membership.because),
            "untold": membership.untold or None,
            "parked": membership.parked or None,
        }
    )


def membership_of(item: Item) -> Membership:
    """Read the row of a membership."""
    row = from_item(item)
    changes_at = row.get("changes_at")
    return Membership(
        segment_id=row["sk"].removeprefix(keys.SEGMENT_PREFIX),
        member=row["member"],
        since=parse_instant(row["since"]),
        version=row["version"],
        flips=row["flips"],
        changes_at=parse_instant(changes_at) if changes_at else None,
        because=tuple(json.loads(row["because"])),
        untold=row.get("untold", False),
        parked=row.get("parked", False),
    )


def _chunks(things: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), length):
        yield things[start : start + length]
