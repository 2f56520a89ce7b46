"""`rapport audit`: who changed what."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.console import Console

OUT = Console(highlight=False, soft_wrap=True, markup=False)

_PAGE: Final = 100
_OUTCOMES: Final = {
    "done": ("done", "已完成"),
    "refused": ("refused", "被拒绝"),
    "failed": ("failed", "出错"),
    "unknown": ("nobody knows whether it was done", "结果未知"),
}
_ABSENT: Final = ("nothing", "无")
_LONGEST: Final = 200  # characters of a text; --json shows it whole


def audit(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="how many changes at most")] = 50,
    profile: Annotated[
        str | None, typer.Option(help="only what was done about this profile, erased or not")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a change")] = False,
) -> None:
    """Every change that was asked for, the newest first: who, what, before, after."""
    chinese = ctx.obj.language == "zh"
    for line in _lines(ctx.obj.client, limit, profile, texts=as_json):
        if as_json:
            OUT.print(json.dumps(line, ensure_ascii=False))
        else:
            for text in told(line, chinese=chinese):
                OUT.print(text)


def _lines(client: Any, limit: int, profile: str | None, *, texts: bool) -> Iterator[Any]:  # noqa: ANN401
    query = {"profile_id": profile} if profile else {}
    query |= {"texts": "yes"} if texts else {}
    while limit > 0:
        page = client.get("audit", limit=str(min(limit, _PAGE)), **query)
        yield from page["lines"]
        limit -= len(page["lines"])
        if not page["cursor"]:
            return
        query["cursor"] = page["cursor"]


def told(line: Mapping[str, Any], *, chinese: bool) -> Iterator[str]:
    """A change in words: a line of its own, and one for each thing that it changed."""
    who = f"{line['operator']} ({line['role']})"
    facts = {**line["names"], **line["sent"], **line["answered"]}
    named = " ".join(f"{name}={value}" for name, value in facts.items())
    about = f" about {line['about']}" if line["about"] else ""
    outcome = _OUTCOMES[line["outcome"]][chinese]
    code = f" ({line['code']})" if line["code"] else ""
    yield f"{line['at']}  {who}  {line['operation']}  {named}{about}  → {outcome}{code}"
    for change in line["changes"]:
        before, after = (_facts(change[side], chinese=chinese) for side in ("before", "after"))
        yield f"    {change['what']}: {before} → {after}"


def _facts(facts: Mapping[str, Any] | None, *, chinese: bool) -> str:
    if facts is None:
        return _ABSENT[chinese]
    return " ".join(f"{name}={str(value)[:_LONGEST]}" for name, value in facts.items())
