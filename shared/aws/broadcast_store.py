"""Broadcasts in the catalog table: each changes by what it is expected to be, and by nothing else.

Operators, the executions that carry a broadcast on and the workers of a round all write to one row;
so every write names the fields that it changes, and the state that it found.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.broadcast_rows import broadcast_of, item_of, verdict_text, waves_text
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    is_conditional_failure,
    query_prefix,
    to_item,
)
from shared.domain.broadcasts.model import Broadcast, State, Verdict, Wave
from shared.errors import NotFoundError

_RUNNING: Final = "#state = :running AND #run = :run"


class BroadcastStore:
    """The broadcasts of all workspaces; reads are strongly consistent.

    Every method raises TransientError when AWS is busy; writers say whether they were in time.
    """

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    # --- the broadcasts -----------------------------------------------------------------------

    def add(self, workspace_id: str, one: Broadcast) -> Broadcast:
        """Write a new broadcast down; gives the one that is there, if there is one of this id."""
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table,
                    Item=item_of(workspace_id, one),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return self.load(workspace_id, one.broadcast_id)
        return one

    def load(self, workspace_id: str, broadcast_id: str) -> Broadcast:
        """One broadcast; raises NotFoundError."""
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._table,
                Key=_key(workspace_id, broadcast_id),
                ConsistentRead=True,
            )
        if "Item" not in answer:
            raise NotFoundError(f"there is no broadcast {broadcast_id!r}")
        return broadcast_of(answer["Item"])

    def all(self, workspace_id: str) -> list[Broadcast]:
        """All broadcasts that are not forgotten yet, the last one asked for first."""
        start = keys.Key(keys.broadcasts(workspace_id), keys.BROADCAST_PREFIX)
        with faults_are_transient():
            found = [broadcast_of(one) for one in query_prefix(self._client, self._table, start)]
        return sorted(found, key=lambda one: (one.asked_at, one.broadcast_id), reverse=True)

    # --- how they go on -----------------------------------------------------------------------

    def look(self, workspace_id: str, broadcast_id: str, run: int) -> Broadcast | None:
        """The broadcast, if it is running and the execution `run` may carry it on.

        A later execution takes over from an earlier one, whose looks are counted no more.
        """
        names = {"#state": "state", "#run": "run", "#looks": "looks"}
        values = {":running": "running", ":run": run, ":one": 1}
        counted = self._update(
            *(workspace_id, broadcast_id, "ADD #looks :one", _RUNNING, names, values)
        )
        return counted or self._update(
            *(workspace_id, broadcast_id, "SET #run = :run, #looks = :one"),
            *("#state = :running AND #run < :run", names, values),
        )

    def gathered(
        self,
        workspace_id: str,
        broadcast_id: str,
        folder: str,
        at: datetime,
        waves: tuple[Wave, ...],
    ) -> Broadcast | None:
        """Write down who is in it, unless that was done before."""
        return self._update(
            workspace_id,
            broadcast_id,
            "SET #folder = :folder, #at = :at, #waves = :waves",
            "#folder = :none",
            {"#folder": "folder", "#at": "gathered_at", "#waves": "waves"},
            {":folder": folder, ":at": at, ":waves": waves_text(waves), ":none": ""},
        )

    def decided(
        self, workspace_id: str, broadcast_id: str, verdict: Verdict, waves: tuple[Wave, ...]
    ) -> Broadcast | None:
        """Write down what the rest gets, and when, unless that was done before."""
        return self._update(
            workspace_id,
            broadcast_id,
            "SET #verdict = :verdict, #waves = :waves",
            "attribute_exists(pk) AND attribute_not_exists(#verdict)",
            {"#verdict": "verdict", "#waves": "waves"},
            {":verdict": verdict_text(verdict), ":waves": waves_text(waves)},
        )

    def finish(
        self, workspace_id: str, broadcast_id: str, run: int, at: datetime
    ) -> Broadcast | None:
        """Everybody was asked."""
        return self._update(
            workspace_id,
            broadcast_id,
            "SET #state = :done, #at = :at",
            _RUNNING,
            {"#state": "state", "#run": "run", "#at": "finished_at"},
            {":running": "running", ":run": run, ":done": "done", ":at": at},
        )

    def stop(
        self,
        workspace_id: str,
        broadcast_id: str,
        state: State,
        reason: str = "",
        run: int | None = None,
    ) -> Broadcast | None:
        """Pause or cancel what is running, or cancel what is paused; `run`, if only that may."""
        found = "#state IN (:running, :paused)" if state == "cancelled" else "#state = :running"
        mine = "" if run is None else " AND #run = :run"
        values = {":state": state, ":reason": reason, ":running": "running"}
        if state == "cancelled":
            values[":paused"] = "paused"
        return self._update(
            workspace_id,
            broadcast_id,
            "SET #state = :state, #reason = :reason",
            found + mine,
            {"#state": "state", "#reason": "reason", **({"#run": "run"} if mine else {})},
            {**values, **({":run": run} if mine else {})},
        )

    def resume(
        self, workspace_id: str, broadcast_id: str, run: int, waves: tuple[Wave, ...]
    ) -> Broadcast | None:
        """Let another execution, the one after `run`, carry on what is paused."""
        return self._update(
            workspace_id,
            broadcast_id,
            "SET #state = :running, #reason = :none, #run = :next, #looks = :zero"
            + (", #waves = :waves" if waves else ""),
            "#state = :paused AND #run = :run",
            {
                "#state": "state",
                "#reason": "reason",
                "#run": "run",
                "#looks": "looks",
                **({"#waves": "waves"} if waves else {}),
            },
            {
                ":running": "running",
                ":paused": "paused",
                ":none": "",
                ":zero": 0,
                ":run": run,
                ":next": run + 1,
                **({":waves": waves_text(waves)} if waves else {}),
            },
        )

    def take(
        self, workspace_id: str, broadcast_id: str, run: int, people: int, minute: str, rate: int
    ) -> bool:
        """Count people as asked in this minute; False where it is full, or not ours any more.

        Whatever the number of workers, no minute has more than `rate` people; 0 is any number.
        """
        if not rate:
            now = self.load(workspace_id, broadcast_id)
            return now.state == "running" and now.run == run
        names = {"#state": "state", "#run": "run", "#minute": "minute", "#count": "in_minute"}
        values = {":running": "running", ":run": run, ":minute": minute, ":people": people}
        if people > rate:
            return False
        counted = self._update(
            workspace_id,
            broadcast_id,
            "ADD #count :people",
            f"{_RUNNING} AND #minute = :minute AND #count <= :room",
            names,
            {**values, ":room": rate - people},
        )
        return bool(
            counted
            or self._update(
                workspace_id,
                broadcast_id,
                "SET #minute = :minute, #count = :people",
                f"{_RUNNING} AND #minute < :minute",
                names,
                values,
            )
        )

    # --- the table ----------------------------------------------------------------------------

    def _update(
        self,
        workspace_id: str,
        broadcast_id: str,
        update: str,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> Broadcast | None:
        """Change a row; None where the condition does not hold."""
        said = f"{update} {condition}"
        try:
            with faults_are_transient():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(workspace_id, broadcast_id),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=dict(names),
                    ExpressionAttributeValues=to_item(
                        {name: one for name, one in values.items() if name in said}
                    ),
                    ReturnValues="ALL_NEW",
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return None
        return broadcast_of(answer["Attributes"])


def _key(workspace_id: str, broadcast_id: str) -> Item:
    return to_item({"pk": keys.broadcasts(workspace_id), "sk": keys.broadcast(broadcast_id)})
