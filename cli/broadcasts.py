"""`rapport broadcast`: asking a segment into a journey."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from cli.audiences import named
from cli.broadcast_words import WORDS
from cli.errors import CommandError

OUT = Console(highlight=False, soft_wrap=True, markup=False)

broadcast_app = typer.Typer(
    no_args_is_help=True, help="Broadcasts: a segment is asked into a journey. 群发"
)

JourneyId = Annotated[str, typer.Argument(help="a journey that is entered by call")]
BroadcastId = Annotated[str, typer.Argument(help="the broadcast's id")]
SegmentId = Annotated[str | None, typer.Option("--segment", help="everybody in this segment")]
ListId = Annotated[str | None, typer.Option("--list", help="everybody on this list")]
ConditionFile = Annotated[
    Path | None, typer.Option("--condition", help="YAML or JSON with a condition")
]
At = Annotated[
    str | None, typer.Option(help="not before this instant, such as 2026-12-24T18:00:00+08:00")
]
LocalHour = Annotated[
    str | None, typer.Option("--local-hour", help="when each one's own clock shows it: 20:00")
]
Rate = Annotated[int | None, typer.Option(min=1, help="people a minute at most")]
Share = Annotated[
    float | None, typer.Option("--sample", help="this share goes first, through an experiment")
]
DecideAfter = Annotated[
    str, typer.Option("--decide-after", help="how long the sample is waited for, such as PT4H")
]
Experiment = Annotated[str | None, typer.Option(help="the step to compare, if there are several")]
Least = Annotated[int, typer.Option(min=1, help="with fewer who reach the goal, the control wins")]


def _body(
    journey_id: str,
    segment: str | None,
    list_id: str | None,
    condition: Path | None,
    at: str | None,
    local_hour: str | None,
    rate: int | None,
) -> dict[str, Any]:
    whom = [
        *([f"segment:{segment}"] if segment else []),
        *([f"list:{list_id}"] if list_id else []),
        *([str(condition)] if condition else []),
    ]
    if len(whom) != 1:
        raise CommandError("say whom to ask: one of --segment, --list and --condition")
    wanted = {"at": at, "local_time": local_hour, "rate": rate}
    said = {name: value for name, value in wanted.items() if value is not None}
    return {"journey_id": journey_id, **named(whom[0]), **said}


@broadcast_app.command("start")
def start(
    ctx: typer.Context,
    journey_id: JourneyId,
    segment: SegmentId = None,
    list_id: ListId = None,
    condition: ConditionFile = None,
    at: At = None,
    local_hour: LocalHour = None,
    rate: Rate = None,
    sample: Share = None,
    decide_after: DecideAfter = "PT4H",
    experiment: Experiment = None,
    least: Least = 10,
    name: Annotated[
        str | None, typer.Option("--id", help="its id; the journey and the time unless told")
    ] = None,
) -> None:
    """Ask everybody in an audience into a journey; the same id is begun once."""
    body = _body(journey_id, segment, list_id, condition, at, local_hour, rate)
    if sample is not None:
        body["sample"] = {"share": sample, "decide_after": decide_after, "least": least}
        if experiment:
            body["sample"]["experiment"] = experiment
    broadcast_id = name or f"{journey_id[:40]}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    told = ctx.obj.client.put("broadcasts", broadcast_id, body=body)
    if told["outcome"] == "unchanged":
        OUT.print(WORDS[ctx.obj.language]["unchanged"])
    _show(ctx, told["broadcast"])


@broadcast_app.command("preview")
def preview(
    ctx: typer.Context,
    journey_id: JourneyId,
    segment: SegmentId = None,
    list_id: ListId = None,
    condition: ConditionFile = None,
    at: At = None,
    local_hour: LocalHour = None,
    rate: Rate = None,
) -> None:
    """Say how many would be asked, and when, and begin nothing."""
    words = WORDS[ctx.obj.language]
    body = _body(journey_id, segment, list_id, condition, at, local_hour, rate)
    told = ctx.obj.client.post("broadcasts", "preview", body=body)
    OUT.print(words["preview"].format(**told))
    if told["minutes"]:
        OUT.print(words["minutes"].format(rate=rate, **told))
    if told["looked_at"]:
        OUT.print(words["looked_at"].format(**told))
    OUT.print(_waves(ctx, told["waves"]))


@broadcast_app.command("list")
def list_all(ctx: typer.Context) -> None:
    """The latest broadcasts."""
    words = WORDS[ctx.obj.language]
    found = ctx.obj.client.get("broadcasts")["broadcasts"]
    if not found:
        OUT.print(words["none"])
        return
    table = Table(*words["head"].split("|"), box=box.SIMPLE)
    for one in found:
        people = "" if one["people"] is None else str(one["people"])
        table.add_row(
            one["broadcast_id"],
            one["journey_id"],
            one["segment_id"] or words["condition"],
            one["asked_for_at"],
            words[one["state"]],
            people,
        )
    OUT.print(table)


@broadcast_app.command("show")
def show(ctx: typer.Context, broadcast_id: BroadcastId) -> None:
    """One broadcast: how far it is, by wave, and what came of its sample."""
    _show(ctx, ctx.obj.client.get("broadcasts", broadcast_id)["broadcast"])


@broadcast_app.command("pause")
def pause(ctx: typer.Context, broadcast_id: BroadcastId) -> None:
    """Stop asking people, within a batch too."""
    _show(ctx, ctx.obj.client.post("broadcasts", broadcast_id, "pause")["broadcast"])


@broadcast_app.command("resume")
def resume(ctx: typer.Context, broadcast_id: BroadcastId) -> None:
    """Go on with the first person who was not asked."""
    _show(ctx, ctx.obj.client.post("broadcasts", broadcast_id, "resume")["broadcast"])


@broadcast_app.command("cancel")
def cancel(ctx: typer.Context, broadcast_id: BroadcastId) -> None:
    """Ask nobody any more; who was asked stays in the journey."""
    _show(ctx, ctx.obj.client.post("broadcasts", broadcast_id, "cancel")["broadcast"])


def _show(ctx: typer.Context, one: dict[str, Any]) -> None:
    words = WORDS[ctx.obj.language]
    OUT.print(words["line"].format(**{**one, "state": words[one["state"]]}))
    if one["reason"]:
        OUT.print(words["resume"].format(**one))
    for name in ("rate", "local_time"):
        if one[name]:
            OUT.print(words[name].format(**one))
    if one["people"] is None:
        OUT.print(words["unknown"].format(**one))
        return
    OUT.print(words["progress"].format(**one))
    if one["left_out"]:
        OUT.print(words["left_out"].format(**one))
    if one["next"] and one["state"] in ("running", "paused"):
        # People count from one.
        OUT.print(words["next"].format(**{name: n + 1 for name, n in one["next"].items()}))
    OUT.print(_waves(ctx, one["waves"]))
    if verdict := one["verdict"]:
        OUT.print(words[verdict["why"]].format(**verdict))
        table = Table(*words["tried"].split("|"), box=box.SIMPLE)
        for each in verdict["variants"]:
            share = "" if each["share"] is None else f"{each['share']:.2%}"
            table.add_row(each["variant"], str(each["entered"]), str(each["reached"]), share)
        OUT.print(table)


def _waves(ctx: typer.Context, waves: list[dict[str, Any]]) -> Table:
    words = WORDS[ctx.obj.language]
    table = Table(*words["waves"].split("|"), box=box.SIMPLE)
    for wave in waves:
        at = wave["at"] or words["waits"]
        counts = (str(wave["people"]), str(wave["asked"]))
        table.add_row(words[wave["group"]], at, wave["zone"] or "", *counts)
    return table
