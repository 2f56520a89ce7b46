"""Running facts of people: what is folded into each strand, what is decided at the root, views."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.folding import COUNTER_ROW, STATE_ROW, Folder
from shared.aws.items import (
    Item,
    from_item,
    get_items,
    is_conditional_failure,
    query_items,
    query_prefix,
    to_item,
    to_text,
)
from shared.aws.state_rows import DECIDED, Progress, Row, Strand, stages_of, whole_state
from shared.domain.counters.fold import Fold, counted_days
from shared.domain.identity.person import Person
from shared.domain.profiles.model import ProfileState
from shared.domain.segments.references import References
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Whole:
    """The states of all strands of a person in one, and what each of their rows says besides."""

    state: ProfileState | None
    strands: Mapping[str, Strand]

    @property
    def seen(self) -> tuple[str, ...]:
        """The strands in which something happened."""
        return tuple(name for name, strand in self.strands.items() if strand.heard)

    def joins(self, strand_id: str) -> int:
        """Up to which merge or split the memberships of a strand are settled; 0: none."""
        return self.strands.get(strand_id, Strand()).joins


class StateStore:
    """STATE and CNT rows in the profiles table."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._folder = Folder(client, profiles_table)

    # --- what happened ------------------------------------------------------------------------

    def state(self, workspace_id: str, strand_id: str) -> ProfileState | None:
        """A strand's state, strongly consistent; None before its first event."""
        row = self._folder.read(_state_key(workspace_id, strand_id)) or {}
        return whole_state(row, [row])

    def whole(self, person: Person) -> Whole:
        """The state of a person, over all strands in one strongly consistent read."""
        return self._read(person)[0]

    def look_again(self, person: Person) -> tuple[Whole, Row]:
        """The same together with the PROFILE row of the root, empty when there is none."""
        root = keys.Key(keys.person(person.workspace_id, person.profile_id), keys.PROFILE)
        whole, found = self._read(person, root)
        return whole, from_item(found.get(root, {}))

    def _read(self, person: Person, *beside: keys.Key) -> tuple[Whole, Mapping[keys.Key, Item]]:
        wanted = {_state_key(person.workspace_id, strand): strand for strand in person.strands}
        with faults_are_transient():
            found = get_items(self._client, self._table, (*beside, *wanted))
        rows = {strand: from_item(found[key]) for key, strand in wanted.items() if key in found}
        whole = Whole(
            whole_state(rows.get(person.profile_id, {}), rows.values()),
            {strand: Strand.of(row) for strand, row in rows.items()},
        )
        return whole, found

    def fold_state(self, workspace_id: str, strand_id: str, fold: Fold) -> Whole:
        """Add events to a strand's state, exactly once; gives the strand with them in it.

        Raises TransientError when somebody else folds the same strand at the same time.
        """
        row = self._folder.fold(_state_key(workspace_id, strand_id), fold, STATE_ROW)
        return Whole(whole_state(row, [row]), {strand_id: Strand.of(row)})

    def fold_counter(
        self, workspace_id: str, strand_id: str, event_name: str, month: str, fold: Fold
    ) -> None:
        """Add events to one month's counters of an event, exactly once. Raises TransientError."""
        key = keys.Key(keys.person(workspace_id, strand_id), keys.counter(event_name, month))
        self._folder.fold(key, fold, COUNTER_ROW)

    def forget(
        self, workspace_id: str, strand_id: str, counters: Iterable[tuple[str, str]]
    ) -> None:
        """Take away the state and these counters, by (event name, month), of an erased person."""
        pk = keys.person(workspace_id, strand_id)
        for sk in (keys.STATE, *(keys.counter(name, month) for name, month in counters)):
            self._client.delete_item(TableName=self._table, Key=to_item({"pk": pk, "sk": sk}))

    # --- what is decided ----------------------------------------------------------------------

    def settle(
        self, workspace_id: str, profile_id: str, before: ProfileState, after: ProfileState
    ) -> ProfileState:
        """Store what is decided about a person: stage and due instant, where they differ.

        Gives the state as it is stored then. Raises ConflictError when somebody else decided
        since `before` was read, or when events were folded into it since.
        """
        changed = {
            name: getattr(after, name)
            for name in DECIDED
            if getattr(after, name) != getattr(before, name)
        }
        if not changed:
            return after
        if after.stage != before.stage and before.stage_since:
            self._keep_stage(workspace_id, profile_id, before.stage, before.stage_since)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_state_key(workspace_id, profile_id)._asdict()),
                **_decision(before, changed),
            )
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("the person was judged or did something meanwhile") from error
            raise
        return after.judged_again()

    def settle_joins(self, workspace_id: str, strand_id: str, joins: int) -> None:
        """Remember that everything up to this merge or split is done; never goes back."""
        self._raise(workspace_id, strand_id, "joins", joins)

    def stages(
        self, workspace_id: str, profile_id: str, state: ProfileState | None
    ) -> list[tuple[str, datetime]]:
        """`stages_of` a person whose state this is; strongly consistent."""
        start = keys.Key(keys.person(workspace_id, profile_id), keys.STAGE_PREFIX)
        with faults_are_transient():
            rows = [from_item(item) for item in query_prefix(self._client, self._table, start)]
        return stages_of(rows, state)

    def _keep_stage(self, workspace_id: str, profile_id: str, stage: str, since: datetime) -> None:
        """Write down the stage that is about to be left; repeating it changes nothing."""
        key = keys.Key(keys.person(workspace_id, profile_id), keys.stage(since))
        row = to_item({**key._asdict(), "stage": stage})
        self._client.put_item(TableName=self._table, Item=row)

    # --- what is built ------------------------------------------------------------------------

    def begin_build(self, workspace_id: str, strand_id: str, build: int) -> None:
        """Let everybody who meets the strand from now on know of a version of the catalog.

        Whoever goes by an older one has to look at the catalog again before judging.
        """
        self._raise(workspace_id, strand_id, "building", build)

    def keep_progress(self, workspace_id: str, strand_id: str, progress: Progress) -> None:
        """Remember how far a long build is, so that somebody else can go on should we die."""
        with faults_are_transient():
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_state_key(workspace_id, strand_id)._asdict()),
                UpdateExpression="SET progress = :progress",
                ExpressionAttributeValues=to_item({":progress": to_text(astuple(progress))}),
            )

    def end_build(self, workspace_id: str, strand_id: str, build: int) -> None:
        """Remember up to which version of the catalog all that is new was built; never goes back.

        Everything judged by it must be stored.
        """
        self._raise(workspace_id, strand_id, "built", build, " REMOVE progress")

    def _raise(
        self, workspace_id: str, strand_id: str, name: str, number: int, besides: str = ""
    ) -> None:
        """Set an attribute of the state to a number unless it is there or beyond."""
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item(_state_key(workspace_id, strand_id)._asdict()),
                    UpdateExpression=f"SET #name = :number{besides}",
                    ConditionExpression="attribute_not_exists(#name) OR #name < :number",
                    ExpressionAttributeNames={"#name": name},
                    ExpressionAttributeValues=to_item({":number": number}),
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    # --- what conditions look at --------------------------------------------------------------

    def counters(
        self, workspace_id: str, strands: Collection[str], references: References, today: date
    ) -> dict[str, dict[date, int]]:
        """Of each event asked for, how often it happened on which day, in all strands together."""
        counters: dict[str, dict[date, int]] = {}
        for event in references.events:
            days = counters.setdefault(event, {})
            first_month = references.first_month(event, today)
            for strand in strands:
                for day, times in self._days(workspace_id, strand, event, first_month):
                    days[day] = days.get(day, 0) + times
        return counters

    def _days(
        self, workspace_id: str, strand_id: str, event_name: str, first_month: str | None
    ) -> Iterable[tuple[date, int]]:
        values = {
            ":pk": keys.person(workspace_id, strand_id),
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
        for item in items:
            row = from_item(item)
            yield from counted_days(row["sk"].rpartition("#")[2], row).items()


def _state_key(workspace_id: str, strand_id: str) -> keys.Key:
    return keys.Key(keys.person(workspace_id, strand_id), keys.STATE)


def _decision(before: ProfileState, changed: Mapping[str, Any]) -> dict[str, Any]:
    """The update that stores a decision, on condition that the row is as it was read.

    `judged` counts the decisions; the position is there when the state is that of one strand.
    """
    sets = [f"#{name} = :{name}" for name, value in changed.items() if value is not None]
    removes = [f"#{name}" for name, value in changed.items() if value is None]
    update = [("SET", sets), ("REMOVE", removes), ("ADD", ["judged :one"])]
    values = {f":{name}": value for name, value in changed.items()} | {":one": 1}
    names = {f"#{name}": name for name in changed}
    condition = "judged = :judged" if before.judged else "attribute_not_exists(judged)"
    if before.judged:
        values[":judged"] = before.judged
    if before.position:
        condition += " AND #position = :position"
        names["#position"] = "position"
        values[":position"] = before.position
    return {
        "UpdateExpression": " ".join(f"{verb} {', '.join(what)}" for verb, what in update if what),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_item(values),
    }
