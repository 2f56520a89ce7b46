"""The function that imports files, the queue that it goes on by, and the layer of Parquet."""

from typing import Final, cast

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from functions.import_records.settings import Settings as ImportRecords
from infra.constructs.consumer import Inbox
from infra.constructs.function import PythonFunction
from infra.stacks.site import Site

_TURN: Final = Duration.minutes(5)
# A whole core: reading rows is work, and the time of a turn is better spent applying them.
_MEMORY_MB: Final = 1769
_DISK_MB: Final = 5120  # a Parquet file is fetched whole


def import_records(site: Site) -> Inbox:
    """Make the function and give the queue in which imports are asked for."""
    data = site.data
    inbox = site.inbox("ImportTurns", "imports", "文件导入", _TURN)
    function = site.function(
        "import_records",
        purpose="Applies the rows of a file as events, a stretch at a time",
        settings=ImportRecords,
        values={
            **site.tables,
            "identity_secret_arn": data.identity_secret.secret_arn,
            "imports_bucket": data.imports.bucket_name,
            "imports_queue_url": inbox.queue.queue_url,
        },
        timeout=_TURN,
        memory_mb=_MEMORY_MB,
    )
    _give_disk(function)
    function.function.add_layers(site.workshop.parquet_layer(site.stack))
    site.may_use_people(function)
    site.may_read_catalog(function)
    site.may_know_identity_secret(function)
    function.may("sqs:SendMessage", on=[inbox.queue.queue_arn])
    data.imports.let_import(function)
    site.feed(inbox, function, batch_size=1)
    return inbox


def _give_disk(function: PythonFunction) -> None:
    resource = cast(lambda_.CfnFunction, function.function.node.default_child)
    resource.ephemeral_storage = lambda_.CfnFunction.EphemeralStorageProperty(size=_DISK_MB)
