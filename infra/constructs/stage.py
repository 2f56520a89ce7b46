"""The stage of the API: how many requests it takes, and what it writes down about each.

An HTTP API cannot stand behind a web application firewall by itself. What all clients together may
ask is limited here; `infra/stacks/front_stack.py` puts a firewall before it where one is wanted.
"""

import json
from typing import Final, cast

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.options import Options

# Nobody is named: no address, no path (those of links hold what opens them), no header. The request
# id is the one that functions write into their logs.
LOGGED: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "function": "$context.integration.requestId",
    "latency": "$context.responseLatency",
    "bytes": "$context.responseLength",
}


def guard(scope: Construct, api: Api, options: Options, key: kms.IKey | None) -> None:
    """Limit the default stage, and log its requests for a month."""
    log_group = logs.LogGroup(
        scope,
        "Requests",
        retention=logs.RetentionDays.ONE_MONTH,
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,
    )
    default = cast(gateway.HttpStage, api.api.default_stage)
    stage = cast(gateway.CfnStage, default.node.default_child)
    stage.default_route_settings = gateway.CfnStage.RouteSettingsProperty(
        throttling_rate_limit=options.api_requests_per_second,
        throttling_burst_limit=options.api_burst,
    )
    stage.access_log_settings = gateway.CfnStage.AccessLogSettingsProperty(
        destination_arn=Stack.of(scope).format_arn(
            service="logs", resource=f"log-group:{log_group.log_group_name}"
        ),
        format=json.dumps(LOGGED, separators=(",", ":")),
    )
