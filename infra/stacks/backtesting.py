"""Backtests: the queue in which they are asked for, and the function that carries them out."""

from typing import Final

from aws_cdk import Duration

from functions.backtest_journey.settings import Settings
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site

_LONG: Final = Duration.minutes(15)
# One whole processor: it replays as fast as one thread can.
_MEMORY_MB: Final = 1_769


class Backtesting:
    """Whoever may ask for backtests is said by `let_ask`."""

    def __init__(self, site: Site) -> None:
        """Make queue and function; a backtest that takes longer than a call is sent for again."""
        data = site.data
        self.inbox = site.inbox("Backtests", "backtests", "旅程回测", _LONG)
        function = site.function(
            "backtest_journey",
            purpose="Replays the events of a past period through a journey",
            settings=Settings,
            values={
                "catalog_table": data.catalog.table_name,
                "lake_workgroup": data.lake.workgroup.name,
                "archive_bucket": data.archives.bucket_name,
                "backtest_queue_url": self.inbox.queue.queue_url,
            },
            timeout=_LONG,
            memory_mb=_MEMORY_MB,
        )
        site.may_read_catalog(function)
        function.may("dynamodb:PutItem", on=[data.catalog.table_arn])
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
        data.lake.let_query(function)
        data.archives.let_write(function)
        data.archives.let_hand_out(function)
        site.feed(self.inbox, function, batch_size=1)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function ask for backtests."""
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
