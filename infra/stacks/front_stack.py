"""The front: CloudFront with a firewall before the API, for whoever wants one.

An HTTP API cannot be put behind a web application firewall; a distribution can. The rules of one
that stands before a distribution live in us-east-1, wherever the API is, so the front is a stack
of its own there, which knows the API by its address alone and is deployed after it. Whoever knows
the API's own address still reaches it: there the limit of its stage holds, and keys and tokens.
"""

from collections.abc import Sequence
from typing import Final

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.constructs.options import Options
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX

REGION: Final = "us-east-1"
_WINDOW_SECONDS: Final = 300
# Operators are few, and guesses of a key are many.
_ADMIN_REQUESTS: Final = 1_000
OPERATORS_PATHS: Final = (f"{PREFIX}/", f"{OPERATOR_PREFIX}/")
# A path may come in another spelling than the one by which the API finds its route.
_TRANSFORMATIONS: Final = ("URL_DECODE", "NORMALIZE_PATH")


class FrontStack(Stack):
    """A distribution, and the rules of who is held back before it."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        """Make both; `options.front_origin` is the host of the API."""
        super().__init__(scope, construct_id, env=Environment(region=REGION))
        acl = waf.CfnWebACL(
            self,
            "Rules",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("rapport-front"),
            rules=_rules(options.front_requests_per_address),
        )
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Rapport: before the API",
            web_acl_id=acl.attr_arn,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            # Europe, North America, Asia: the cheapest class would leave out most of Asia.
            price_class=cloudfront.PriceClass.PRICE_CLASS_200,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(
                    options.front_origin,
                    protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                    origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                ),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                # Answers are about one person. The API knows itself by its own host.
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=(
                    cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
                ),
            ),
        )
        CfnOutput(self, "FrontUrl", value=f"https://{distribution.distribution_domain_name}")


def _rules(requests_per_address: int) -> Sequence[waf.CfnWebACL.RuleProperty]:
    """Per address within five minutes: fewer for operators' paths, many for the others.

    Carriers put thousands of telephones behind one address, so the general limit is generous. The
    body of a batch is larger than what AWS's common rules let pass, so these are not here.
    """
    return [
        _limit(0, "operators", _ADMIN_REQUESTS, below=OPERATORS_PATHS),
        _limit(1, "everybody", requests_per_address),
        _managed(2, "known-attackers", "AWSManagedRulesAmazonIpReputationList"),
        _managed(3, "known-attacks", "AWSManagedRulesKnownBadInputsRuleSet"),
    ]


def _managed(priority: int, name: str, group: str) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=group
            )
        ),
        visibility_config=_visible(name),
    )


def _limit(
    priority: int, name: str, requests: int, below: Sequence[str] = ()
) -> waf.CfnWebACL.RuleProperty:
    """Hold an address back that asks for more; `below` are the paths that count, or all."""
    narrowed = waf.CfnWebACL.StatementProperty(
        or_statement=waf.CfnWebACL.OrStatementProperty(statements=[_begins(one) for one in below])
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(response_code=429)
            )
        ),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=requests,
                evaluation_window_sec=_WINDOW_SECONDS,
                scope_down_statement=narrowed if below else None,
            )
        ),
        visibility_config=_visible(name),
    )


def _begins(path: str) -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=path,
            text_transformations=[
                waf.CfnWebACL.TextTransformationProperty(priority=priority, type=kind)
                for priority, kind in enumerate(_TRANSFORMATIONS)
            ],
        )
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Counted in CloudWatch; samples of requests are not kept, as they hold what people sent."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
