"""`rapport journey moves / move / archive / delete`: those inside a journey, and its end."""

import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from cli.client import AdminClient
from cli.errors import CommandError

OUT = Console(highlight=False, soft_wrap=True, markup=False)

POLL_SECONDS: Final = 2.0
AT_WORK: Final = ("counting", "moving")

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "version": "version",
        "step": "step",
        "people": "people",
        "where": "where they go",
        "inside": "{inside} inside, {older} of them under versions older than {version}",
        "nobody": "nobody is inside under a version older than {version}",
        "came": "{moved} moved, {ended} ended, {kept} kept, {unchosen} without a choice, "
        "{passed} over by themselves, {failed} failed",
    },
    "zh": {
        "version": "版本",
        "step": "步骤",
        "people": "人数",
        "where": "去向",
        "inside": "旅程中共 {inside} 人，其中 {older} 人停留在版本 {version} 之前",
        "nobody": "没有人停留在版本 {version} 之前",
        "came": "已迁移 {moved}，已结束 {ended}，保留 {kept}，未选择 {unchosen}，"
        "自行结束 {passed}，失败 {failed}",
    },
}

JourneyId = Annotated[str, typer.Argument(help="the journey's id")]
Steps = Annotated[
    list[str] | None, typer.Option(help="a step of an older version; may be repeated")
]


def moves(ctx: typer.Context, journey_id: JourneyId) -> None:
    """Count who stands where under older versions, and say where each would go now."""
    client: AdminClient = ctx.obj.client
    move = _over(client, client.post("journeys", journey_id, "moves")["move"])
    _show(move, ctx.obj.language)


def move(
    ctx: typer.Context,
    journey_id: JourneyId,
    to: Annotated[
        list[str] | None,
        typer.Option("--map", help="old=new: who stands in step `old` goes to `new`; repeatable"),
    ] = None,
    end: Steps = None,
    keep: Steps = None,
    wait: Annotated[bool, typer.Option("--wait", help="until everybody is moved")] = False,
) -> None:
    """Move those inside to the published version; a move that was cut off is carried on."""
    client: AdminClient = ctx.obj.client
    body = {"to": _pairs(to or []), "end": end or [], "keep": keep or []}
    latest = client.get("journeys", journey_id, "moves")["moves"]
    found = latest[0] if latest and latest[0]["status"] in (*AT_WORK, "failed") else None
    if found and found["status"] == "failed":
        found = client.post("journeys", journey_id, "moves", str(found["move"]), "retry")["move"]
    if found is None or found["status"] == "counting":
        counted = _over(client, found or client.post("journeys", journey_id, "moves")["move"])
        _show(counted, ctx.obj.language)
        place = ("journeys", journey_id, "moves", str(counted["move"]))
        found = client.post(*place, "run", body=body)["move"]
    done = _over(client, found) if wait else found
    OUT.print(f"move {done['move']}: {done['status']}")
    OUT.print(f"  {_came(done, ctx.obj.language)}")


def archive(
    ctx: typer.Context,
    journey_id: JourneyId,
    end: Annotated[bool, typer.Option("--end", help="end everybody who is inside")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="until everybody has ended")] = False,
) -> None:
    """Let nobody enter any more; those inside go on to their ends, or end now."""
    client: AdminClient = ctx.obj.client
    body = {"inside": "end" if end else "stay"}
    answer = client.post("journeys", journey_id, "archive", body=body)
    OUT.print(f"{answer['outcome']}: {journey_id} is archived")
    if found := answer["move"]:
        found = _over(client, found) if wait else found
        OUT.print(f"move {found['move']}: {found['status']}")
        OUT.print(f"  {_came(found, ctx.obj.language)}")


def delete(ctx: typer.Context, journey_id: JourneyId) -> None:
    """Delete a journey in which nobody is, with its state machines; looks who is inside first."""
    client: AdminClient = ctx.obj.client
    known = client.get("journeys", journey_id)
    if known["published_version"] is not None and known["status"] == "archived":
        counted = _over(client, client.post("journeys", journey_id, "moves")["move"])
        if counted["inside"]:
            raise CommandError(
                f"{counted['inside']} are inside: wait for their ends, or end them with"
                f" `rapport journey archive {journey_id} --end --wait`"
            )
    OUT.print(f"{client.delete('journeys', journey_id)['outcome']}: {journey_id}")


def _over(client: AdminClient, move: dict[str, Any]) -> dict[str, Any]:
    """The move when its walk is over; raises CommandError when that failed."""
    place = ("journeys", move["journey_id"], "moves", str(move["move"]))
    while move["status"] in AT_WORK:
        time.sleep(POLL_SECONDS)
        move = client.get(*place)["move"]
    if move["status"] == "failed":
        raise CommandError(
            f"move {move['move']} was cut off ({move['reason']}): once the cause is gone,"
            f" `rapport journey move {move['journey_id']}` carries it on"
        )
    return move


def _show(move: dict[str, Any], language: str) -> None:
    words, lines = _WORDS[language], move["lines"]
    older = sum(line["waiting"] + line["ready"] for line in lines)
    told = {"inside": move["inside"], "older": older, "version": move["version"]}
    OUT.print(words["inside" if older else "nobody"].format(**told))
    if not lines:
        return
    table = Table(*(words[name] for name in ("version", "people", "where")), box=box.SIMPLE)
    for line in lines:
        people = str(line["waiting"] + line["ready"])
        table.add_row(str(line["version"]), people, line["text"][language])
    OUT.print(table)


def _came(move: dict[str, Any], language: str) -> str:
    return _WORDS[language]["came"].format(**move)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        old, equals, new = text.partition("=")
        if not equals or not old or not new:
            raise CommandError(f"{text!r} is not of the form old=new")
        pairs[old] = new
    return pairs
