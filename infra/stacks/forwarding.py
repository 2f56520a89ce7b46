"""What leaves for systems of the customer's."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from functions.forward_events.settings import Settings as ForwardEvents
from infra.stacks.site import SHORT, Site
from shared.domain.outbound.model import BUCKET_PREFIX

# Each may wait 10 seconds for a server.
_BATCH: Final = 2


def forward_events(site: Site) -> None:
    """Make the function that reads the queue of parcels.

    Buses are the customer's and may lie in any account, which has to let this one in; ours is none
    of them, or what goes out would come in again. Buckets have names of their own.
    """
    function = site.function(
        "forward_events",
        purpose="Brings events to the customer's buses, servers and buckets",
        settings=ForwardEvents,
        values=site.tables,
        timeout=SHORT,
    )
    function.may("dynamodb:BatchGetItem", on=[site.data.profiles.table_arn])
    site.may_read_catalog(function)
    site.may_know_providers(function)
    buses = f"arn:{Aws.PARTITION}:events:*:*:event-bus/*"
    function.may("events:PutEvents", on=[buses])
    function.role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["events:PutEvents"],
            resources=[site.data.bus.event_bus_arn],
        )
    )
    function.may("s3:PutObject", on=[f"arn:{Aws.PARTITION}:s3:::{BUCKET_PREFIX}*/*"])
    site.feed(site.outbound, function, batch_size=_BATCH)
