"""The dashboard: first whether anything is wrong, then the way of an event through the house.

Whoever looks at it for ten seconds reads the first row alone: every box green is healthy. Each
part below begins with a few words, in English and Chinese, that say what it should look like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.constructs.alarm import USUAL_PERIOD, Alarms, Raised, Words

NAME: Final = "rapport"
WIDTH: Final = 24
_TEXT_HEIGHT: Final = 3
_GRAPH_HEIGHT: Final = 6
_ALARMS_A_ROW: Final = 6
_MOST_SIDE_BY_SIDE: Final = 4
# What people feel at once; the other alarms can wait until somebody has time for them today.
URGENT: Final = (
    *("api-errors", "late", "stream-behind", "due-behind", "due-silent", "throttled"),
    *("unknown-sends", "bounce-rate", "complaint-rate", "journeys-paused"),
)


@dataclass(frozen=True)
class Graph:
    """One graph; `limits` draws a line at a value, with what it means."""

    title: Words
    lines: Sequence[cloudwatch.IMetric]
    limits: Sequence[tuple[float, str]] = ()
    stacked: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Part:
    """A heading with what it should look like, and graphs side by side."""

    title: Words
    says: Words
    graphs: Sequence[Graph]


class Dashboard(Construct):
    """One page in the CloudWatch console, named `rapport`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        pulse: Sequence[cloudwatch.IMetric],
        parts: Sequence[Part],
    ) -> None:
        """`pulse` are the few figures that say how much is going on; `parts` come below them."""
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=NAME, default_interval=Duration.hours(12)
        )
        self.dashboard.add_widgets(_head(alarms))
        self.dashboard.add_widgets(*_states(alarms.raised))
        self.dashboard.add_widgets(
            cloudwatch.SingleValueWidget(
                title="The last hours / 最近几小时",
                metrics=list(pulse),
                width=WIDTH,
                height=4,
                set_period_to_time_range=True,
            )
        )
        for number, part in enumerate(parts, 1):
            self.dashboard.add_widgets(_heading(number, part))
            for graphs in _rows(part.graphs):
                width = WIDTH // len(graphs)
                self.dashboard.add_widgets(*(_graph(graph, width) for graph in graphs))


def _head(alarms: Alarms) -> cloudwatch.TextWidget:
    pages = f"{alarms.runbooks}README.md"
    text = (
        "# Rapport 知己\n"
        "**Is it healthy?** Yes, while every box of the next row is green. Red on the left: people "
        "are harmed now, begin there. Red on the right: look at it today. Open a red box: its "
        f"description leads to the page that says what to do ({pages}).\n\n"
        "**现在健康吗？** 下一行的方块全绿就是健康。左边变红：用户正在受影响，请立即处理；"
        "右边变红：今天之内处理。点开变红的方块，说明里有对应的处理手册。"
    )
    return cloudwatch.TextWidget(markdown=text, width=WIDTH, height=4)


def _states(raised: Sequence[Raised]) -> list[cloudwatch.AlarmStatusWidget]:
    now = [each for each in raised if each.about.page in URGENT]
    today = [each for each in raised if each.about.page not in URGENT]
    rows = max(len(now), len(today)) // _ALARMS_A_ROW + 1
    return [
        cloudwatch.AlarmStatusWidget(
            title=title,
            alarms=[each.alarm for each in shown],
            width=WIDTH // 2,
            height=max(4, rows),
            sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
        )
        for title, shown in (
            ("People are harmed now / 用户正受影响", now),
            ("Look at it today / 今天之内处理", today),
        )
    ]


def _heading(number: int, part: Part) -> cloudwatch.TextWidget:
    text = f"## {number}. {part.title.en} / {part.title.zh}\n{part.says.en}\n\n{part.says.zh}"
    return cloudwatch.TextWidget(markdown=text, width=WIDTH, height=_TEXT_HEIGHT)


def _rows(graphs: Sequence[Graph]) -> list[Sequence[Graph]]:
    """Up to four side by side; more are halved, so that none becomes too narrow to be read."""
    half = (len(graphs) + 1) // 2
    return [graphs] if len(graphs) <= _MOST_SIDE_BY_SIDE else [graphs[:half], graphs[half:]]


def _graph(graph: Graph, width: int) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=f"{graph.title.en} / {graph.title.zh}",
        left=list(graph.lines),
        left_annotations=[
            cloudwatch.HorizontalAnnotation(value=value, label=label, color=cloudwatch.Color.RED)
            for value, label in graph.limits
        ],
        left_y_axis=cloudwatch.YAxisProps(min=0, label=graph.unit, show_units=False),
        stacked=graph.stacked,
        width=width,
        height=_GRAPH_HEIGHT,
        period=USUAL_PERIOD,
    )
