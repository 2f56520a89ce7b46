"""The functions that serve the rights of people: export of everything, and erasure everywhere."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration

from functions.erase_person.settings import Settings as ErasePerson
from functions.export_person.settings import Settings as ExportPerson
from infra.constructs.consumer import Inbox
from infra.constructs.function import PythonFunction
from infra.constructs.journeys import Journeys
from infra.stacks.site import READ, WRITE, Site

# An export is made in one go. An erasure remembers how far it is.
_EXPORT: Final = Duration.minutes(10)
_ERASE: Final = Duration.minutes(5)


@dataclass(frozen=True)
class Rights:
    """The queues in which exports and erasures are asked for."""

    exports: Inbox
    erasures: Inbox

    @classmethod
    def open(cls, site: Site, journeys: Journeys) -> "Rights":
        """Make queues and functions."""
        exports = site.inbox("Exports", "exports", "个人数据导出", _EXPORT)
        erasures = site.inbox("Erasures", "erasures", "个人数据删除", _ERASE)
        _export_person(site, exports)
        _erase_person(site, erasures, journeys)
        return cls(exports, erasures)

    def let_ask(self, function: PythonFunction) -> None:
        """Let a function ask for exports and erasures."""
        queues = [self.exports.queue.queue_arn, self.erasures.queue.queue_arn]
        function.may("sqs:SendMessage", on=queues)


def _export_person(site: Site, inbox: Inbox) -> None:
    data = site.data
    function = site.function(
        "export_person",
        purpose="Writes everything about a person into one archive",
        settings=ExportPerson,
        values={
            **site.tables,
            "archive_bucket": data.archives.bucket_name,
        },
        timeout=_EXPORT,
    )
    function.may(*READ, on=[data.profiles.table_arn])
    function.may(*READ, "dynamodb:PutItem", on=[data.catalog.table_arn])
    data.archives.let_write(function)
    site.feed(inbox, function, batch_size=1)


def _erase_person(site: Site, inbox: Inbox, journeys: Journeys) -> None:
    data = site.data
    queues = (site.events, site.facts, site.messages, site.broadcast, site.outbound)
    letters = [queue.dead_letters for queue in queues]
    function = site.function(
        "erase_person",
        purpose="Erases a person everywhere and leaves a receipt that names nobody",
        settings=ErasePerson,
        values={
            **site.tables,
            "identity_secret_arn": data.identity_secret.secret_arn,
            "queue_url": inbox.queue.queue_url,
            "dead_letter_queue_urls": " ".join(queue.queue_url for queue in letters),
            "archive_bucket": data.archives.bucket_name,
            "lake_bucket": data.lake.bucket.bucket_name,
            "lake_workgroup": data.lake.workgroup.name,
            "imports_bucket": data.imports.bucket_name,
            "outbound_queue_url": site.outbound.queue.queue_url,
            "settle_seconds": str(site.options.erasure_settle_seconds),
        },
        timeout=_ERASE,
    )
    site.may_use_people(function)
    function.may(*READ, *WRITE, on=[data.catalog.table_arn])
    site.may_know_identity_secret(function)
    asked = [inbox.queue.queue_arn, site.outbound.queue.queue_arn]
    function.may("sqs:SendMessage", on=asked)
    function.may(
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage"),
        *("sqs:ReceiveMessage", "sqs:SendMessage"),
        on=[queue.queue_arn for queue in letters],
    )
    journeys.let_stop(function)
    data.archives.let_erase(function)
    data.lake.let_erase(function)
    data.imports.let_erase(function)
    site.feed(inbox, function, batch_size=1)
