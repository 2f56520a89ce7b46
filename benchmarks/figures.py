"""`docs/figures.md` and its charts, made from `benchmarks/results.json` and nothing else.

    python -m benchmarks.figures

writes them again without measuring anything. A test holds the document against the results.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import budgets, charts, figure_tables, figure_tables_speed, month
from benchmarks.charts import Bar

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = ROOT / "docs" / "figures.md"
README: Final = ROOT / "README.md"
BEGIN, END = "<!-- figures, by make bench -->\n", "<!-- end of figures -->\n"
CHARTS: Final = ROOT / "docs" / "figures"
_BEGINNING: Final = """# Figures

Every figure here is measured by `make bench`, which writes this document; `make figures` makes it
again from `benchmarks/results.json` without measuring. Bills are counted from the AWS calls that
the functions really make against an emulated AWS, at list prices (`benchmarks/prices.json`, with
sources and dates; free tiers left out). Times are processor time, so they say nothing of how long
AWS takes to answer, and ratios say more than seconds: both sides are measured in the same run."""


class _Part(NamedTuple):
    name: str
    title: str
    tell: Callable[[dict[str, Any]], str]


_TABLES, _SPEED = figure_tables, figure_tables_speed
CHAPTERS: Final[Mapping[str, tuple[_Part, ...]]] = {
    "The bill": (
        _Part("events", "Events", _TABLES.events),
        _Part("journeys", "Journeys", _TABLES.journeys),
        _Part("messages", "Messages", _TABLES.messages),
        _Part("identity", "Knowing a person", _TABLES.identity),
    ),
    "Speed": (
        _Part("flip", "From an event to a message", _SPEED.flip),
        _Part("start", "Cold starts", _SPEED.start),
        _Part("memory", "Memory", _SPEED.memory),
        _Part("backtest", "A backtest", _SPEED.backtest),
        _Part("check", "The full check", _SPEED.check),
    ),
    "Growth": (
        _Part("growth", "An event, by history and by segments", _SPEED.growth),
        _Part("people", "An event, by people", _SPEED.growth),
        _Part("live_segments", "Judging alone, in memory", _SPEED.live_segments),
        _Part("million_wakes", "A million waits that end in one minute", _SPEED.million_wakes),
    ),
    "Peers": (
        _Part("ten_steps", "Journeys", _SPEED.ten_steps),
        _Part("decisions", "Identity", _SPEED.decisions),
        _Part("rebuilt_segments", "Segments in SQL", _SPEED.rebuilt_segments),
        _Part("rendering", "Rendering", _SPEED.rendering),
    ),
}


def to_markdown(results: Mapping[str, Any]) -> str:
    """The whole document."""
    figures = _figures(results)
    drawn = to_charts(results)
    told = [_BEGINNING, _run(results)]
    told += ["## Budgets", figure_tables.budgets(budgets.verdicts(figures))]
    for chapter, parts in CHAPTERS.items():
        told.append(f"## {chapter}")
        if chapter == "The bill" and _has_month(figures):
            told += ["### An example month", _chart("month", drawn)]
            told.append(figure_tables.example_month(figures))
        for part in parts:
            told += [f"### {part.title}", _chart(part.name, drawn), of_part(part.name, results)]
        if chapter == "The bill" and "events" in figures:
            told += ["### In cn-north-1", figure_tables.in_china(figures)]
    return "\n\n".join(filter(None, told)) + "\n"


def of_part(name: str, results: Mapping[str, Any]) -> str:
    """What one part measured, or why it did not."""
    part = results["parts"].get(name)
    if part is None:
        return "Not measured yet."
    if "error" in part:
        return f"Not measured: the bench failed here on {part['at']} with `{part['error']}`."
    parts = {each.name: each for chapter in CHAPTERS.values() for each in chapter}
    return parts[name].tell(part["figures"])


def to_charts(results: Mapping[str, Any]) -> dict[str, str]:
    """By name of the file, what it holds; what was not measured is not drawn."""
    figures = _figures(results)
    drawn = {}
    if "events" in figures:
        rows = [
            _usd(_TABLES.way(bill), bill["usd_per_million"]) for bill in figures["events"]["ways"]
        ]
        drawn["events"] = charts.bars("Dollars a million events", rows)
    if "start" in figures:
        starts = figures["start"]["functions"]
        rows = [Bar(row["function"], row["ratio"], f"{row['ratio']:g}") for row in starts]
        most = max(each.limit for each in budgets.BUDGETS if each.part == "start")
        drawn["start"] = charts.bars("Cold start, bare interpreter = 1", rows, most)
    if "growth" in figures:
        words = {"history": "events before", "segments": "segments", "people": "people"}
        grown = {**figures["growth"], **figures.get("people", {})}
        found = [(row, of) for what, of in words.items() for row in grown.get(what, ())]
        rows = [_usd(f"{row['size']:,} {of}", row["usd_per_million"]) for row, of in found]
        drawn["growth"] = charts.bars("Dollars a million events, by what was there before", rows)
    if _has_month(figures):
        rows = [_usd("Rapport", _month_usd(figures))]
        rows += [_usd(each["name"], month.theirs(each)) for each in month.PEERS["services"]]
        drawn["month"] = charts.bars("Dollars of the example month", rows)
    return drawn


def to_readme(results: Mapping[str, Any]) -> str:
    """The table of the README; what was not measured is left out."""
    figures = _figures(results)
    rows = []
    if "events" in figures:
        for bill in figures["events"]["ways"]:
            words = f"a million events, {figure_tables.way(bill)}"
            rows.append((words, f"{bill['usd_per_million']:.2f}"))
    if "journeys" in figures:
        for bill in figures["journeys"]["clocks"]:
            words = f"a million people in ten steps, {bill['clock']}: {bill['arrivals']}"
            rows.append((words, f"{bill['usd_per_million']:.2f}"))
    if "messages" in figures:
        bill = figures["messages"]
        delivery = bill["usd_by_price"]["ses_message"]
        words = f"a million emails, of which SES takes {delivery:.0f}"
        rows.append((words, f"{bill['usd_per_million']:.2f}"))
    if _has_month(figures):
        words = "a month of a million people, ten million events, such a journey and its emails"
        rows.append((words, f"{_month_usd(figures):,.2f}"))
    return figure_tables.table(("what", "dollars"), rows) + "\n"


def write(results: Mapping[str, Any]) -> None:
    """Write the document and its charts; charts that nothing is known for go."""
    DOCUMENT.write_text(to_markdown(results), encoding="utf-8")
    said = README.read_text(encoding="utf-8")
    README.write_text(with_figures(said, results), encoding="utf-8")
    CHARTS.mkdir(exist_ok=True)
    drawn = to_charts(results)
    for file in CHARTS.glob("*.svg"):
        if file.stem not in drawn:
            file.unlink()
    for name, chart in drawn.items():
        (CHARTS / f"{name}.svg").write_text(chart, encoding="utf-8")


def with_figures(text: str, results: Mapping[str, Any]) -> str:
    """A text with the table between its marks; raises ValueError when these are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the marks of the figures are missing: {BEGIN.strip()}, {END.strip()}")
    return before + begin + to_readme(results) + end + after


def _figures(results: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    parts = results["parts"].items()
    return {name: part["figures"] for name, part in parts if "figures" in part}


def _has_month(figures: Mapping[str, Any]) -> bool:
    return all(name in figures for name in month.NEEDED)


def _month_usd(figures: Mapping[str, Any]) -> float:
    return sum(line.usd for line in month.ours(figures))


def _usd(label: str, usd: float) -> Bar:
    return Bar(label, usd, f"${usd:,.2f}" if usd < 100 else f"${usd:,.0f}")


def _chart(name: str, drawn: Mapping[str, str]) -> str:
    return f"![The figures of the table below as bars](figures/{name}.svg)" if name in drawn else ""


def _run(results: Mapping[str, Any]) -> str:
    machine, parts = results["machine"], results["parts"].values()
    if not machine or not parts:
        return "Nothing has been measured yet."
    days = sorted(part["at"] for part in parts)
    return (
        f"Measured from {days[0]} to {days[-1]}, in {sum(p['seconds'] for p in parts) / 60:.0f}"
        f" minutes, on {machine['system']}, {machine['cores']} cores ({machine['processor']}),"
        f" Python {machine['python']}."
    )


if __name__ == "__main__":
    write(json.loads((Path(__file__).parent / "results.json").read_text()))
