"""`rapport journey why` and `replay`: the past of one person in a journey."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from cli.errors import CommandError
from cli.story_words import Language

OUT = Console(highlight=False, soft_wrap=True, markup=False)

_BY: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "definition": "follows from the definition",
        "timeline": "decided again on the timeline",
        "facts": "decided again by the facts in the trace",
        "trace": "believed: what it followed from is gone",
    },
    "zh": {
        "definition": "由旅程定义得出",
        "timeline": "依据时间线重新判定",
        "facts": "依据轨迹中的事实重新判定",
        "trace": "沿用记录：依据已不可查",
    },
}
_DUE: Final[Mapping[Language, str]] = {
    "en": " Goes on at {at} if nothing comes before.",
    "zh": "若无其他事件，将于 {at} 继续。",
}
_SAME: Final[Mapping[Language, str]] = {
    "en": "{lines} lines, {differ} differ",
    "zh": "共 {lines} 行，{differ} 行不同",
}


def why(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="a kind of identifier, or profile_id")],
    value: Annotated[str, typer.Argument(help="the identifier")],
    journey_id: Annotated[str, typer.Argument(help="the journey's id")],
    step: Annotated[str | None, typer.Option(help="of one step only")] = None,
) -> None:
    """Say why somebody got something from a journey, or did not."""
    query = {"kind": kind, "value": value, **({"step": step} if step else {})}
    answer = ctx.obj.client.get("journeys", journey_id, "why", **query)
    for line in told(answer, ctx.obj.language):
        OUT.print(line)


def told(answer: Mapping[str, Any], language: Language) -> Iterator[str]:
    """The answer line by line: the verdict, each try, then each run with its decisions."""
    yield f"{answer['title']} ({answer['journey_id']}, {answer['status']})"
    yield f"  {answer['text'][language]}"
    for one in answer["tries"]:
        yield f"{one['at']}  {one['trigger']}  [{one['outcome']}]"
        yield f"    {one['text'][language]}"
    for run in answer["runs"]:
        yield f"{run['profile_id']}/{run['enrolment_id']}  (version {run['version']})"
        for decision in run["decisions"]:
            place = f"{decision['step']}: " if decision["step"] else ""
            yield f"  {decision['at']}  {place}{decision['text'][language]}"
            if message := decision["message"]:
                yield f"      → {message['status']}: {message['text'][language]}"
        for missing in run["unsent"]:
            yield f"  → {missing['step']}: {missing['text'][language]}"
        due = _DUE[language].format(at=run["due_at"]) if run["due_at"] else ""
        yield f"  {run['text'][language]}{due}"


def replay(
    ctx: typer.Context,
    enrolment: Annotated[str, typer.Argument(help="PROFILE/ENROLMENT, as `journey why` shows it")],
) -> None:
    """Run an enrolment again from its trace; every line that differs is shown twice."""
    profile_id, _, enrolment_id = enrolment.partition("/")
    if not enrolment_id:
        raise CommandError("an enrolment is named PROFILE/ENROLMENT, as `journey why` shows it")
    client, language = ctx.obj.client, ctx.obj.language
    answer = client.get("profiles", profile_id, "enrolments", enrolment_id, "replay")
    for line in answer["lines"]:
        OUT.print(_line(line, language))
    lines = answer["lines"]
    differ = sum(not line["same"] for line in lines)
    OUT.print(_SAME[language].format(lines=len(lines), differ=differ))
    if differ:
        raise typer.Exit(1)


def _line(line: Mapping[str, Any], language: Language) -> Text:
    by = _BY[language][line["by"]]
    if line["same"]:
        return Text.assemble(f"= {line['recorded']}", (f"  ({by})", "dim"))
    text = Text()
    if line["recorded"] is not None:
        text.append(f"- {line['recorded']}", "red")
    if line["replayed"] is not None:
        text.append("\n" if line["recorded"] is not None else "")
        text.append(f"+ {line['replayed']}", "green")
    return text.append(f"  ({by})", "dim")
