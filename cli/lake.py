"""`rapport sql`: questions to the event history."""

import json
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

OUT = Console(highlight=False, soft_wrap=True, markup=False)


def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="one SELECT, such as over people_events")],
    max_rows: Annotated[int, typer.Option(help="refuse an answer with more rows")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a row")] = False,
) -> None:
    """Ask the event history in SQL; values are texts, as Athena gives them."""
    rows = ctx.obj.client.post("lake", "query", body={"sql": query, "max_rows": max_rows})["rows"]
    if as_json:
        for row in rows:
            OUT.print(json.dumps(row, ensure_ascii=False))
    elif not rows:
        OUT.print("no rows")
    else:
        table = Table(*rows[0], box=box.SIMPLE)
        for row in rows:
            table.add_row(*("" if value is None else value for value in row.values()))
        OUT.print(table)
