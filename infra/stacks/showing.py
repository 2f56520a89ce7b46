"""What the dashboard shows, in the order in which an event goes through the house."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from infra.constructs.alarm import USUAL_PERIOD, Alarms, Words, counted
from infra.constructs.api import Api
from infra.constructs.dashboard import Dashboard, Graph, Part
from infra.stacks import watching
from infra.stacks.site import Site

_AGE_LIMIT: Final = ((900, "alarm / 告警"),)
_FATES: Final = ("Sent", "Deferred", "Suppressed", "Rejected", "Unknown")
_STOPPED: Final = ("journeys-paused", "merges-stopped")
_HEARD: Final = ("Delivered", "Bounced", "Complained", "Clicked", "Replied")


def show(site: Site, api: Api, configuration_set: str) -> None:
    """Make the dashboard, after everything else has raised its alarms."""
    alarms = site.workshop.alarms
    Dashboard(
        site.stack,
        "Overview",
        alarms=alarms,
        pulse=_pulse(),
        parts=[
            _coming_in(api),
            _judging(alarms),
            _sending(alarms, configuration_set),
            _waiting(alarms),
            _engine(alarms, site.data.profiles, site.data.catalog),
        ],
    )


def _pulse() -> Sequence[cloudwatch.IMetric]:
    return [
        counted("ingest_events", "EventsAccepted", label="events taken in / 收到的行为事件"),
        counted("update_tags", "SegmentEnteredPublished", label="segments entered / 进入人群"),
        counted("sweep_due", "EnrolmentsDue", label="enrolments woken / 唤醒的旅程实例"),
        counted("dispatch_message", "MessagesSent", label="messages sent / 发出的消息"),
        counted("record_feedback", "MessagesClicked", label="clicks / 点击"),
    ]


def _coming_in(api: Api) -> Part:
    http = api.api
    return Part(
        Words("Coming in", "数据进来"),
        Words(
            "Requests follow the day of your visitors; failures lie at 0; what is accepted is "
            "applied within seconds. Many 4xx: a client with a wrong key or a wrong form.",
            "请求量随访客作息起伏；失败应为 0；收到的事件几秒内落库。"
            "4xx 变多：客户端密钥或格式有误。",
        ),
        [
            Graph(
                Words("Requests", "请求"),
                [
                    http.metric_count(period=USUAL_PERIOD, statistic="Sum", label="all"),
                    http.metric_client_error(period=USUAL_PERIOD, statistic="Sum", label="4xx"),
                    http.metric_server_error(period=USUAL_PERIOD, statistic="Sum", label="5xx"),
                ],
            ),
            Graph(
                Words("Failed requests, %", "请求失败率 %"),
                [watching.api_errors(api)],
                limits=[(1, "alarm / 告警")],
            ),
            Graph(
                Words("Answers take, ms", "响应耗时（毫秒）"),
                [
                    http.metric_latency(period=USUAL_PERIOD, statistic=each, label=each)
                    for each in ("p50", "p95")
                ],
            ),
            Graph(
                Words("Events", "行为事件"),
                [
                    counted("ingest_events", "EventsAccepted", label="accepted"),
                    counted("ingest_events", "EventsRejected", label="rejected"),
                    counted("merge_identity", "EventsApplied", label="applied"),
                    counted("merge_identity", "EventsDuplicate", label="duplicate"),
                ],
            ),
        ],
    )


def _judging(alarms: Alarms) -> Part:
    return Part(
        Words("People, segments and journeys", "用户、人群与旅程"),
        Words(
            "Behind: how late segments and wake-ups are. Seconds are usual, minutes are not; a "
            "saw-tooth that falls to 0 is a burst being worked off.",
            "“落后”表示人群与唤醒晚了多久。几秒正常，几分钟不正常；锯齿形回到 0 说明正在消化高峰。",
        ),
        [
            Graph(
                Words("Behind the changes of people, ms", "落后于用户变更（毫秒）"),
                [each.line for each in alarms.of("stream-behind")],
            ),
            Graph(
                Words("Behind the due index, s", "落后于到期索引（秒）"),
                [each.line for each in alarms.of("due-behind")],
                limits=[(600, "alarm / 告警")],
            ),
            Graph(
                Words("Who came due", "到期的人数"),
                [
                    counted("sweep_due", "PeopleDue", label="people to judge"),
                    counted("sweep_due", "EnrolmentsDue", label="enrolments to wake"),
                    counted("sweep_due", "MessagesDue", label="messages put off"),
                ],
            ),
            Graph(
                Words("Segments", "人群变动"),
                [
                    counted("update_tags", "SegmentEnteredPublished", label="entered"),
                    counted("update_tags", "SegmentExitedPublished", label="exited"),
                ],
            ),
        ],
    )


def _sending(alarms: Alarms, configuration_set: str) -> Part:
    return Part(
        Words("Messages", "消息"),
        Words(
            "Sent should be most of it. Suppressed is by your own rules (consent, contact budget, "
            "quiet hours). Bounces and complaints must stay below the red lines: above them SES "
            "looks into the account and may stop it.",
            "大部分应为“已发出”。被抑制的是您自己的规则（授权、触达频控、免打扰）。"
            "退信率和投诉率要低于红线，否则 SES 会审查甚至停用账户。",
        ),
        [
            Graph(
                Words("What became of requests", "请求的结果"),
                [
                    counted("dispatch_message", f"Messages{fate}", label=fate.lower())
                    for fate in _FATES
                ],
                stacked=True,
            ),
            Graph(
                Words("Nobody knows whether sent, %", "无法确认是否发出 %"),
                [watching.unknown_sends()],
                limits=[(1, "alarm / 告警")],
            ),
            Graph(
                Words("Bounces of email, %", "邮件退信率 %"),
                [watching.reputation("BounceRate", configuration_set)],
                limits=[(watching.BOUNCE_PERCENT, "alarm / 告警")],
            ),
            Graph(
                Words("Complaints about email, %", "邮件投诉率 %"),
                [watching.reputation("ComplaintRate", configuration_set)],
                limits=[(watching.COMPLAINT_PERCENT, "alarm / 告警")],
            ),
            Graph(
                Words("What came back", "回执"),
                [
                    counted("record_feedback", f"Messages{heard}", label=heard.lower())
                    for heard in _HEARD
                ],
            ),
            Graph(
                Words("Stopped by itself", "自行停止"),
                [each.line for page in _STOPPED for each in alarms.of(page)],
            ),
        ],
    )


def _waiting(alarms: Alarms) -> Part:
    return Part(
        Words("What waits", "排队与滞留"),
        Words(
            "On the left no line should come near the red one. On the right everything should be "
            "0: a dead letter is work that was given up and waits for somebody.",
            "左图的线应远离红线。右图应全为 0：死信是被放弃、等人处理的工作。",
        ),
        [
            Graph(
                Words("Oldest message of each queue, s", "各队列最老消息的等待（秒）"),
                [each.line for each in alarms.of("late")],
                limits=_AGE_LIMIT,
            ),
            Graph(
                Words("Dead letters", "死信数量"),
                [each.line for each in alarms.of("dead-letters")],
                stacked=True,
            ),
        ],
    )


def _engine(alarms: Alarms, profiles: dynamodb.Table, catalog: dynamodb.Table) -> Part:
    consumed = [
        table.metric(f"Consumed{kind}CapacityUnits", statistic="Sum", period=USUAL_PERIOD)
        for table in (profiles, catalog)
        for kind in ("Read", "Write")
    ]
    return Part(
        Words("The engine", "运行与费用"),
        Words(
            "Failures and throttles lie at 0. What the tables consume is most of the bill after "
            "the messages themselves, and grows with events, not with people who are at rest.",
            "失败与限流应为 0。除消息本身外，数据表的用量是账单的主要部分，"
            "它随事件增长，不随静止的用户增长。",
        ),
        [
            Graph(
                Words("Functions that failed", "运行失败的函数"),
                [each.line for each in alarms.of("failing")],
                stacked=True,
            ),
            Graph(
                Words("Throttles", "限流"),
                [each.line for each in alarms.of("throttled")],
            ),
            Graph(Words("Consumed by the tables", "数据表用量"), consumed, stacked=True),
            Graph(
                Words("To the lake, s; machines that stopped", "入湖耗时（秒）；停下的状态机"),
                [each.line for each in (*alarms.of("lake-late"), *alarms.of("machine-stopped"))],
            ),
        ],
    )
