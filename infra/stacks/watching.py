"""What is watched of the whole: alarms that belong to no single part, and the dashboard."""

from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from infra.constructs.alarm import USUAL_PERIOD, About, Alarms, Words, counted
from infra.constructs.api import Api
from infra.stacks.site import Site

_ERROR_PERCENT: Final = 1
_UNKNOWN_PERCENT: Final = 1
# SES looks into an account from 5 % bounces and 0.1 % complaints on, and may stop it at 10 and 0.5.
BOUNCE_PERCENT: Final = 4.0
COMPLAINT_PERCENT: Final = 0.08
_WARN_PERCENT: Final = 80


def watch(site: Site, api: Api, configuration_set: str) -> None:
    """Raise the alarms about API, sending, reputation, throttling and money."""
    alarms, stack = site.workshop.alarms, site.stack
    _watch_api(alarms, stack, api)
    _watch_sending(alarms, stack)
    _watch_reputation(alarms, stack, configuration_set)
    _watch_throttles(alarms, stack, {"profiles": site.data.profiles, "catalog": site.data.catalog})
    if site.options.monthly_budget_usd:
        _watch_money(alarms, stack, site.options.monthly_budget_usd)


def share(of: str, among: str, metrics: dict[str, cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    """A percentage of metrics, named as in `metrics`; 0 while there is nothing to divide by."""
    return cloudwatch.MathExpression(
        expression=f"IF({among} > 0, 100 * FILL({of}, 0) / ({among}), 0)",
        using_metrics=metrics,
        period=USUAL_PERIOD,
        label="%",
    )


def api_errors(api: Api) -> cloudwatch.MathExpression:
    """The percentage of requests that were answered 5xx."""
    return share(
        "failed",
        "asked",
        {
            "failed": api.api.metric_server_error(period=USUAL_PERIOD, statistic="Sum"),
            "asked": api.api.metric_count(period=USUAL_PERIOD, statistic="Sum"),
        },
    )


def unknown_sends() -> cloudwatch.MathExpression:
    """The percentage of messages handed over of which nobody knows whether they were taken."""
    return share(
        "unknown",
        "FILL(unknown, 0) + FILL(sent, 0)",
        {
            "unknown": counted("dispatch_message", "MessagesUnknown"),
            "sent": counted("dispatch_message", "MessagesSent"),
        },
    )


def reputation(name: str, configuration_set: str) -> cloudwatch.MathExpression:
    """A rate of SES in percent; SES itself weighs it over what is usual for the account."""
    rate = cloudwatch.Metric(
        namespace="AWS/SES",
        metric_name=f"Reputation.{name}",
        dimensions_map={"ses:configuration-set": configuration_set},
        statistic="Maximum",
        period=USUAL_PERIOD,
    )
    return cloudwatch.MathExpression(
        expression="100 * rate", using_metrics={"rate": rate}, period=USUAL_PERIOD, label=name
    )


def throttles(table: dynamodb.ITable, label: str) -> cloudwatch.MathExpression:
    """How many reads and writes of a table were put off."""
    return cloudwatch.MathExpression(
        expression=f"FILL({label}_reads, 0) + FILL({label}_writes, 0)",
        using_metrics={
            f"{label}_reads": _table_metric(table, "ReadThrottleEvents"),
            f"{label}_writes": _table_metric(table, "WriteThrottleEvents"),
        },
        period=USUAL_PERIOD,
        label=label,
    )


def function_throttles() -> cloudwatch.Metric:
    """Throttles of all functions of the account, which share one limit."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="Throttles",
        statistic="Sum",
        period=USUAL_PERIOD,
    )


def _table_metric(table: dynamodb.ITable, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name=name,
        dimensions_map={"TableName": table.table_name},
        statistic="Sum",
        period=USUAL_PERIOD,
    )


def _watch_api(alarms: Alarms, stack: Stack, api: Api) -> None:
    says = Words(
        f"More than {_ERROR_PERCENT} % of requests to the API failed",
        f"接口请求失败率超过 {_ERROR_PERCENT}%",
    )
    about = About("api-errors", "", says)
    alarms.when_above(stack, "ApiErrors", api_errors(api), _ERROR_PERCENT, about)


def _watch_sending(alarms: Alarms, stack: Stack) -> None:
    says = Words(
        f"Of more than {_UNKNOWN_PERCENT} % of messages nobody knows whether they were sent",
        f"超过 {_UNKNOWN_PERCENT}% 的消息无法确认是否已发出",
    )
    about = About("unknown-sends", "", says)
    alarms.when_above(stack, "UnknownSends", unknown_sends(), _UNKNOWN_PERCENT, about)


def _watch_reputation(alarms: Alarms, stack: Stack, configuration_set: str) -> None:
    for name, page, limit, says in (
        (
            *("BounceRate", "bounce-rate", BOUNCE_PERCENT),
            Words(f"More than {BOUNCE_PERCENT:g} % of emails bounce", "邮件退信率过高"),
        ),
        (
            *("ComplaintRate", "complaint-rate", COMPLAINT_PERCENT),
            Words(
                f"More than {COMPLAINT_PERCENT:g} % of emails are marked as spam", "邮件投诉率过高"
            ),
        ),
    ):
        metric = reputation(name, configuration_set)
        alarms.when_above(stack, name, metric, limit, About(page, "", says))


def _watch_throttles(alarms: Alarms, stack: Stack, tables: dict[str, dynamodb.Table]) -> None:
    about = About(
        "throttled",
        "functions",
        Words(
            "Functions were throttled: the account runs as many as it may",
            "函数被限流：账户的并发已用满",
        ),
    )
    alarms.when_above(stack, "FunctionsThrottled", function_throttles(), 0, about)
    for name, table in tables.items():
        says = Words(
            f"Reads or writes of the table of {name} were throttled", f"数据表 {name} 的读写被限流"
        )
        metric, about = throttles(table, name), About("throttled", name, says)
        alarms.when_above(stack, f"{name.title()}Throttled", metric, 0, about)


def _watch_money(alarms: Alarms, stack: Stack, dollars: int) -> None:
    """A budget is no alarm of CloudWatch, whose figures of the bill are in one region alone."""
    alarms.let_speak("budgets.amazonaws.com")
    subscriber = budgets.CfnBudget.SubscriberProperty(
        address=alarms.topic.topic_arn, subscription_type="SNS"
    )
    notifications = [
        budgets.CfnBudget.NotificationWithSubscribersProperty(
            notification=budgets.CfnBudget.NotificationProperty(
                comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent
            ),
            subscribers=[subscriber],
        )
        for kind, percent in (("ACTUAL", _WARN_PERCENT), ("FORECASTED", 100))
    ]
    budgets.CfnBudget(
        stack,
        "Budget",
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_name="rapport-budget",
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=dollars, unit="USD"),
            cost_filters={"TagKeyValue": ["user:app$rapport"]},
        ),
        notifications_with_subscribers=notifications,
    )
