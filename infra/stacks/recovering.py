"""The function that makes people again from the lake, and the queue that it goes on by."""

from typing import Final

from aws_cdk import Duration

from functions.replay_lake.settings import Settings
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site

_TURN: Final = Duration.minutes(15)
# A whole core: unpacking objects is work, and the time of a turn is better spent applying them.
_MEMORY_MB: Final = 1769


class Recovering:
    """The queue in which replays are asked for, and the function behind it."""

    def __init__(self, site: Site) -> None:
        """Make queue and function."""
        data = site.data
        self.inbox = site.inbox("Replays", "replays of the lake", "数据湖的重放", _TURN)
        function = site.function(
            "replay_lake",
            purpose="Makes people again from the lake, a stretch at a time",
            settings=Settings,
            values={
                **site.tables,
                "identity_secret_arn": data.identity_secret.secret_arn,
                "lake_bucket": data.lake.bucket.bucket_name,
                "queue_url": self.inbox.queue.queue_url,
            },
            timeout=_TURN,
            memory_mb=_MEMORY_MB,
        )
        site.may_use_people(function)
        site.may_read_catalog(function)
        function.may("dynamodb:PutItem", on=[data.catalog.table_arn])
        site.may_know_identity_secret(function)
        data.lake.let_replay(function)
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
        site.feed(self.inbox, function, batch_size=1)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function ask for replays."""
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
