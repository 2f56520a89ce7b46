"""The function that holds rules of identity against everything that is stored."""

from typing import Final

from aws_cdk import Duration

from functions.review_identity.settings import Settings
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site

_REVIEW: Final = Duration.minutes(15)
# A trial keeps all identifiers and the links between them in memory: a kilobyte for each of these.
_MEMORY_MB: Final = 3_008


class Reviewing:
    """The queue in which reviews are asked for, and the function behind it."""

    def __init__(self, site: Site) -> None:
        """Make queue and function."""
        data = site.data
        self.inbox = site.inbox("Reviews", "reviews", "身份规则的复核", _REVIEW)
        function = site.function(
            "review_identity",
            purpose="Tries rules of identity on everything stored, or decides again by them",
            settings=Settings,
            values={
                **site.tables,
                "identity_secret_arn": data.identity_secret.secret_arn,
                "queue_url": self.inbox.queue.queue_url,
            },
            timeout=_REVIEW,
            memory_mb=_MEMORY_MB,
        )
        site.may_use_people(function)
        function.may("dynamodb:Scan", on=[data.profiles.table_arn])
        site.may_read_catalog(function)
        function.may("dynamodb:PutItem", on=[data.catalog.table_arn])
        site.may_know_identity_secret(function)
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
        site.feed(self.inbox, function, batch_size=1)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function ask for reviews."""
        function.may("sqs:SendMessage", on=[self.inbox.queue.queue_arn])
