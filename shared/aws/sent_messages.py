"""Remembers of a message that it was sent, where its row was lost or is older than that.

A table of an earlier day knows nothing of what went out since. A journey that comes to that step
once more would ask for the same message, by the same id, and nothing would stand in its way.
"""

from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.aws.items import is_conditional_failure, to_item
from shared.aws.message_rows import item_key, message_key
from shared.domain.events.model import Event

_TOLD: Final = ("journey_id", "template_id", "step", "purpose")
_TOLD_OFTEN: Final = ("channel", "topic")
# What the event does not tell, and readers of a row ask for.
_UNTOLD: Final = {"enrolment_id": "", "journey_version": 0, "visit": 0}
_OPEN: Final = ("requested", "deferred", "claimed", "unknown")


class SentMessages:
    """Rows of messages, as far as their own events tell of them."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def remember(self, strand_id: str, event: Event) -> bool:
        """Let a message count as sent by its `$message_sent`; says whether that was news.

        A message that has an end keeps it. Raises TransientError.
        """
        said = event.properties
        told = {name: said.get(name, "") for name in _TOLD} | _UNTOLD
        told |= {name: said[name] for name in _TOLD_OFTEN if said.get(name)}
        values = {
            **told,
            "status": "sent",
            "settled_at": event.occurred_at,
            "requested_at": event.occurred_at,
            "attempts": 1,
        }
        kept = ("requested_at", "attempts", *told)
        sets = ", ".join(
            f"#{name} = if_not_exists(#{name}, :{name})" if name in kept else f"#{name} = :{name}"
            for name in values
        )
        message_id = str(event.properties["message_id"])
        key = message_key(event.workspace_id, strand_id, message_id)
        open_ones = {f":open{place}": status for place, status in enumerate(_OPEN)}
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=item_key(key),
                    UpdateExpression=f"SET {sets}",
                    ConditionExpression=(
                        f"attribute_not_exists(pk) OR #status IN ({', '.join(open_ones)})"
                    ),
                    ExpressionAttributeNames={f"#{name}": name for name in values},
                    ExpressionAttributeValues=to_item(
                        {**{f":{name}": value for name, value in values.items()}, **open_ones}
                    ),
                )
        except ClientError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True
