"""What one deployment may decide, read from CDK context (`cdk.json`, or `-c key=value`)."""

from dataclasses import dataclass

from constructs import Node

from infra.constructs.platform import Platform


@dataclass(frozen=True, slots=True)
class Options:
    """One field for each context value; `cdk.json` holds the defaults and nothing else does."""

    platform: Platform  # `architecture` (arm64, x86_64, host) and `python`
    retain: bool  # keep tables when their stack is deleted; false for throw-away stacks
    consumer_concurrency: int  # how many copies of one queue consumer may run at once; at least 2
    erasure_settle_seconds: int  # how long work that began before an erasure may still take
    lake_lag_seconds: int  # how long a row may be on its way to the lake
    provider_bases: str  # JSON: addresses of providers' APIs other than their own, by name
    own_key: bool  # encrypt by a KMS key of the owner's own (a dollar a month) and not by AWS's
    runbooks: str  # where the pages for operators lie; what it begins with leads there from alarms
    api_requests_per_second: int  # of all clients together; more are answered 429
    api_burst: int  # how many may come at once
    monthly_budget_usd: int  # an alarm when a month costs as much; 0 for none
    public_url: str  # what links of messages begin with; empty for the API's own address
    front_origin: str  # the API's host: then there is a front with a firewall; empty for none
    front_requests_per_address: int  # within five minutes, before the front answers 429
    ses_tenant: str  # the SES tenant whose reputation emails count for; empty without tenants

    @classmethod
    def read(cls, node: Node) -> "Options":
        """Read the context; raises KeyError or ValueError naming the value that is wrong."""
        return cls(
            platform=Platform.of(_text(node, "architecture"), _text(node, "python")),
            retain=_flag(node, "retain"),
            consumer_concurrency=int(_text(node, "consumer_concurrency")),
            erasure_settle_seconds=int(_text(node, "erasure_settle_seconds")),
            lake_lag_seconds=int(_text(node, "lake_lag_seconds")),
            provider_bases=_text(node, "provider_bases"),
            own_key=_flag(node, "own_key"),
            runbooks=_text(node, "runbooks"),
            api_requests_per_second=int(_text(node, "api_requests_per_second")),
            api_burst=int(_text(node, "api_burst")),
            monthly_budget_usd=int(_text(node, "monthly_budget_usd")),
            public_url=_text(node, "public_url").rstrip("/"),
            front_origin=_text(node, "front_origin"),
            front_requests_per_address=int(_text(node, "front_requests_per_address")),
            ses_tenant=_text(node, "ses_tenant"),
        )


def _text(node: Node, key: str) -> str:
    value = node.try_get_context(key)
    if value is None:
        raise KeyError(f"context value {key!r} is missing; cdk.json has the defaults")
    return str(value)


def _flag(node: Node, key: str) -> bool:
    text = _text(node, key).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"context value {key!r} must be true or false, not {text!r}")
    return text == "true"
