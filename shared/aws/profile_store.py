"""Strands in the profiles table: what each has told of its person, and what happened in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    to_item,
)
from shared.domain.events.model import Event
from shared.domain.profiles.model import Profile, Trait
from shared.errors import ConflictError, PermanentError

_ABSENT: Final = "attribute_not_exists(pk)"


class ProfileStore:
    """Reads are strongly consistent unless they say otherwise.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    # --- what is known of them ----------------------------------------------------------------

    def profile(self, workspace_id: str, profile_id: str) -> Profile | None:
        """The PROFILE row, None when there is none."""
        key = _profile_key(workspace_id, profile_id)
        item = self._get([key]).get(key)
        return rows.profile_of(workspace_id, item) if item else None

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

    def has_event(self, profile_id: str, event: Event) -> bool:
        """Whether a person's timeline holds an event."""
        key = rows.event_key(profile_id, event)
        return key in self._get([key])

    # --- the table ----------------------------------------------------------------------------

    def _get(self, wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted)

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
