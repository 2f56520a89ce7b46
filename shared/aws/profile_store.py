"""People in the profiles table: whose identifier it is, what is known of them, what they did."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws import profile_rows as rows
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    get_items,
    is_conditional_failure,
    is_contention,
    query_items,
    to_item,
)
from shared.domain.events.model import Event
from shared.domain.identity.model import Identifier, Kind, Link, Plan
from shared.domain.profiles.model import Consent, Profile, Trait
from shared.errors import ConflictError, PermanentError

# A transaction takes 100 actions, and a link takes up to three.
MAX_TRANSACTION_LINKS: Final = 33
# Rows are ordered by the clients' own clocks; a clock wrong by up to this is still found.
CLOCK_ERROR: Final = timedelta(days=1)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC) + CLOCK_ERROR
_ABSENT: Final = "attribute_not_exists(pk)"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some events of a person, and the cursor of the next page, None at the end."""

    events: tuple[Event, ...]
    cursor: str | None


class ProfileStore:
    """Reads are strongly consistent unless they say otherwise.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    # --- who is it ----------------------------------------------------------------------------

    def find(self, workspace_id: str, kind: Kind, value: str) -> str | None:
        """The profile_id that an identifier points to, None when it points to nobody."""
        identifier = Identifier(kind, value)
        return self.owners(workspace_id, [identifier]).get(identifier)

    def owners(self, workspace_id: str, identifiers: Iterable[Identifier]) -> dict[Identifier, str]:
        """The profile_id of each identifier that points to somebody."""
        wanted = {keys.identifier(workspace_id, *each): each for each in identifiers}
        found = self._get(wanted)
        return {wanted[key]: item["profile_id"]["S"] for key, item in found.items()}

    def users(self, workspace_id: str, profile_ids: Iterable[str]) -> dict[str, str | None]:
        """The user id of each profile, None while nobody has signed in."""
        wanted = {_profile_key(workspace_id, each): each for each in profile_ids}
        found = self._get(wanted)
        return {
            profile_id: found.get(key, {}).get("user_id", {}).get("S")
            for key, profile_id in wanted.items()
        }

    def commit(self, workspace_id: str, plan: Plan) -> None:
        """Make the profiles and links of a plan, in one transaction when it has at most 33 links.

        A larger plan is cut in its own order, and each part leaves a valid state. Raises
        ConflictError when an identifier or a profile was taken meanwhile; nothing of the
        transaction at hand is written then.
        """
        users = {
            link.profile_id: link.identifier.value
            for link in plan.links
            if link.identifier.kind == "user_id"
        }
        uncreated = set(plan.created)
        for start in range(0, len(plan.links), MAX_TRANSACTION_LINKS):
            actions: list[dict[str, Any]] = []
            for link in plan.links[start : start + MAX_TRANSACTION_LINKS]:
                actions += self._link(workspace_id, link)
                if link.profile_id in uncreated:
                    uncreated.remove(link.profile_id)
                    actions.append(self._create(workspace_id, link, users.get(link.profile_id)))
                elif link.identifier.kind == "user_id" and link.profile_id not in plan.created:
                    actions.append(self._name(workspace_id, link))
            with _conflicts(_refused), faults_are_transient():
                self._client.transact_write_items(TransactItems=actions)

    def _link(self, workspace_id: str, link: Link) -> list[dict[str, Any]]:
        pointer = rows.identifier_item(workspace_id, link)
        listed = rows.identifier_of_person_item(workspace_id, link)
        return [self._put_new(pointer), {"Put": {"TableName": self._table, "Item": listed}}]

    def _create(self, workspace_id: str, link: Link, user_id: str | None) -> dict[str, Any]:
        return self._put_new(rows.new_profile_item(workspace_id, link, user_id))

    def _put_new(self, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": _ABSENT}}

    def _name(self, workspace_id: str, link: Link) -> dict[str, Any]:
        """Give a profile its user id, once and for ever."""
        update = {
            "TableName": self._table,
            "Key": to_item(_profile_key(workspace_id, link.profile_id)._asdict()),
            "UpdateExpression": "SET user_id = :user",
            "ConditionExpression": "attribute_exists(pk) AND "
            "(attribute_not_exists(user_id) OR user_id = :user)",
            "ExpressionAttributeValues": to_item({":user": link.identifier.value}),
        }
        return {"Update": update}

    # --- what is known of them ----------------------------------------------------------------

    def profile(self, workspace_id: str, profile_id: str) -> Profile | None:
        """The PROFILE row, None when there is none."""
        key = _profile_key(workspace_id, profile_id)
        item = self._get([key]).get(key)
        return rows.profile_of(workspace_id, item) if item else None

    def identifiers(self, workspace_id: str, profile_id: str) -> tuple[Identifier, ...]:
        """Everything that points to a profile, by kind and value."""
        found = self._query(workspace_id, profile_id, keys.IDENTIFIER_PREFIX)
        return tuple(Identifier(row["kind"]["S"], row["value"]["S"]) for row in found)

    def consents(self, workspace_id: str, profile_id: str) -> tuple[Consent, ...]:
        """What a person agreed to or refused, by purpose; never asked is absent."""
        found = self._query(workspace_id, profile_id, keys.CONSENT_PREFIX)
        return tuple(rows.consent_of(row) for row in found)

    def recall(
        self, workspace_id: str, profile_id: str, events: Sequence[Event]
    ) -> tuple[Profile, dict[int, Event]]:
        """The profile, and those of the events that its timeline holds already, as stored there.

        The stored ones are given by their index in `events`. Raises ConflictError when there is
        no such profile.
        """
        profile_key = _profile_key(workspace_id, profile_id)
        wanted = {index: rows.event_key(profile_id, event) for index, event in enumerate(events)}
        found = self._get([profile_key, *wanted.values()])
        if profile_key not in found:
            raise ConflictError("the profile is gone")
        stored = {i: rows.event_of(found[key]) for i, key in wanted.items() if key in found}
        return rows.profile_of(workspace_id, found[profile_key]), stored

    def put_traits(self, profile: Profile, traits: Mapping[str, Trait]) -> None:
        """Replace all traits of a profile as it was read.

        Raises ConflictError when somebody else changed them since.
        """
        with _conflicts(_refused), faults_are_transient():
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_profile_key(profile.workspace_id, profile.profile_id)._asdict()),
                UpdateExpression="SET #traits = :traits, #version = :next",
                ConditionExpression="#version = :version",
                ExpressionAttributeNames={"#traits": "traits", "#version": "version"},
                ExpressionAttributeValues=to_item(
                    {
                        ":traits": rows.traits_text(traits),
                        ":version": profile.version,
                        ":next": profile.version + 1,
                    }
                ),
            )

    def put_consent(self, workspace_id: str, profile_id: str, consent: Consent) -> bool:
        """Keep what a person agreed to, unless something later is known; say whether it was kept.

        Raises ConflictError when the row is in somebody's transaction at this moment.
        """
        newer = f"{_ABSENT} OR #at < :at"
        names = {"#at": "at"}
        values: dict[str, Any] = {":at": consent.at}
        if not consent.granted:  # of two claims of the same instant the refusal holds
            newer += " OR (#at = :at AND #granted = :granted)"
            names["#granted"] = "granted"
            values[":granted"] = True
        return self._put(
            rows.consent_item(workspace_id, profile_id, consent),
            ConditionExpression=newer,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_item(values),
        )

    # --- what they did ------------------------------------------------------------------------

    def add_event(self, profile_id: str, event: Event) -> bool:
        """Write an event into a person's timeline; False when it is there already.

        Raises PermanentError when DynamoDB will never take it, such as one over 400 KB.
        """
        try:
            return self._put(rows.event_item(profile_id, event), ConditionExpression=_ABSENT)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            raise PermanentError(error.response["Error"]["Message"]) from error

    def events_since(self, workspace_id: str, profile_id: str, since: datetime) -> Iterator[Event]:
        """Every event that occurred at or after an instant, in the order of the clients' clocks."""
        first = keys.event(max(since, _EARLIEST) - CLOCK_ERROR, "")
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(
                {":pk": keys.person(workspace_id, profile_id), ":first": first, ":last": "EVT$"}
            ),
            ConsistentRead=True,
        )
        with faults_are_transient():
            for item in items:
                event = rows.event_of(item)
                if event.occurred_at >= since:
                    yield event

    def timeline(
        self, workspace_id: str, profile_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> TimelinePage:
        """A page of a person's events, the newest first; eventually consistent."""
        pk = keys.person(workspace_id, profile_id)
        start = {"ExclusiveStartKey": to_item({"pk": pk, "sk": cursor})} if cursor else {}
        with faults_are_transient():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=to_item({":pk": pk, ":prefix": keys.EVENT_PREFIX}),
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        last = page.get("LastEvaluatedKey")
        events = tuple(rows.event_of(item) for item in page["Items"])
        return TimelinePage(events, last["sk"]["S"] if last else None)

    # --- the table ----------------------------------------------------------------------------

    def _get(self, wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted)

    def _query(self, workspace_id: str, profile_id: str, prefix: str) -> list[Item]:
        with faults_are_transient():
            return list(
                query_items(
                    self._client,
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                    ExpressionAttributeValues=to_item(
                        {":pk": keys.person(workspace_id, profile_id), ":prefix": prefix}
                    ),
                    ConsistentRead=True,
                )
            )

    def _put(self, item: Item, **condition: Any) -> bool:
        """Put an item under a condition; False when the condition does not hold."""
        try:
            with _conflicts(is_contention), faults_are_transient():
                self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True


def _profile_key(workspace_id: str, profile_id: str) -> keys.Key:
    return keys.Key(keys.person(workspace_id, profile_id), keys.PROFILE)


@contextmanager
def _conflicts(when: Callable[[ClientError], bool]) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if when(error):
            raise ConflictError("somebody else was faster") from error
        raise


def _refused(error: ClientError) -> bool:
    return is_conditional_failure(error) or is_contention(error)
