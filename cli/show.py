"""How answers look in a terminal: tables and single lines; pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml
from rich.table import Table
from rich.text import Text

from cli.apply import Applied
from cli.findings import Check
from cli.journey_tests import Told
from cli.story_words import Language
from shared.domain.journeys.diff import Difference
from shared.domain.workspace.answers import FindingState

_MARKS: Final = {"ok": ("✓", "green"), "note": ("·", "yellow"), "problem": ("✗", "red")}
_COLOURS: Final = {"created": "green", "updated": "yellow", "unchanged": "dim"}

# What never breaks within a cell, beside the first column; the others share what is left.
_WHOLE: Final = frozenset(
    {"status", "version", "started", "active", "ended", "completed", "exited", "members", "people"}
)


def applied(one: Applied, language: Language = "en") -> Text:
    """What became of a document; one line, and one for each problem."""
    line = Text()
    line.append(
        f"{'refused' if one.problems else one.outcome:<10}", _COLOURS.get(one.outcome, "red")
    )
    line.append(f"{one.document.kind:<9} {one.document.name}")
    if one.note:
        line.append(f"  ({one.note})", "dim")
    for problem in one.problems:
        line.append(f"\n  {problem}", "red")
    for each in one.warnings:
        line.append("\n  ").append_text(finding(each, language))
    return line


def finding(one: FindingState, language: Language) -> Text:
    """What was found in a journey: its place, the words, and what to do in the line below."""
    mark, colour = _MARKS["problem" if one["severity"] == "error" else "note"]
    text = Text.assemble((f"{mark} ", colour), f"{one['path']}: {one['message'][language]}")
    text.append(f"  [{one['code']}]", "dim")
    if one["hint"]:
        text.append(f"\n      {one['hint'][language]}", "dim")
    return text


def findings(name: str, found: Sequence[FindingState], language: Language) -> Text:
    """Everything that was found in a journey, under its name."""
    text = Text(f"{name}: {'nothing to say' if not found else ''}".rstrip(": "))
    for one in found:
        text.append("\n  ").append_text(finding(one, language))
    return text


def check(one: Check, language: Language = "en") -> Text:
    """One thing that the doctor looked at."""
    mark, colour = _MARKS[one.finding]
    line = Text.assemble((f"{mark} ", colour), one.text(language))
    if remedy := one.remedy(language):
        line.append(f"\n    {remedy}", "dim")
    return line


def state(journey: Mapping[str, Any]) -> str:
    """What a journey is after a command."""
    return (
        f"{journey['outcome']}: {journey['journey']['journey_id']} is {journey['status']}, "
        f"people meet version {journey['published_version']}"
    )


def segments(found: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """Segments with their sizes."""
    table = _table("segment", "title", "members", "who")
    for one in found:
        segment = one["segment"]
        table.add_row(
            segment["segment_id"],
            segment["title"],
            str(one["members"]),
            one["description"][language],
        )
    return table


def tags(found: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """Tags by category, with how many people have any value of them."""
    table = _table("category", "tag", "title", "family", "people", "what")
    for one in sorted(found, key=lambda each: (each["tag"]["category"], each["tag"]["tag_id"])):
        tag = one["tag"]
        title = tag.get("title_zh") if language == "zh" else None
        table.add_row(
            tag["category"],
            tag["tag_id"],
            title or tag["title"],
            tag["family"],
            str(one["holders"]),
            one["description"][language],
        )
    return table


def past_value(one: Mapping[str, Any]) -> str:
    """A value that a tag had for somebody: from when to when, and why."""
    value = "none" if one["value"] is None else one["value"]
    line = f"{one['since']} – {one['until'] or 'now'}  {value}  (version {one['version']}"
    if facts := ", ".join(f"{each['name']} {each.get('value', '')}".rstrip()
                          for each in one["because"] if each.get("name")):  # fmt: skip
        line += f"; {facts}"
    if numbers := one["thresholds"]:
        days, times, money = (numbers[n] for n in ("recency_days", "frequency", "monetary"))
        line += f"; high: within {days} days, from {times} times, from {money}"
    return f"{line})"


def lists(found: Sequence[Mapping[str, Any]]) -> Table:
    """Lists with their titles."""
    table = _table("list", "title", "meaning")
    for one in found:
        each = one["list"]
        table.add_row(each["list_id"], each["title"], each.get("meaning", ""))
    return table


def journeys(found: Sequence[Mapping[str, Any]], counted: Mapping[str, Mapping[str, Any]]) -> Table:
    """Journeys with their status and enrolments."""
    table = _table("journey", "title", "status", "version", "started", "active", "ended")
    for one in found:
        journey = one["journey"]
        figures = counted.get(journey["journey_id"], {"started": 0, "active": 0})
        met, newest = one["published_version"], one["version"]
        table.add_row(
            journey["journey_id"],
            journey["title"],
            one["status"],
            str(newest) if met in (None, newest) else f"{met} (draft {newest})",
            str(figures["started"]),
            str(figures["active"]),
            str(figures["started"] - figures["active"]),
        )
    return table


_SIGNS: Final = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def differences(journey_id: str, found: Sequence[Difference] | None) -> Text:
    """What would change in a journey, a line for each."""
    if found is None:
        return Text(f"{journey_id}: is new", "green")
    text = Text(f"{journey_id}: {'no difference' if not found else ''}".rstrip(": "))
    for one in found:
        sign, colour = _SIGNS[one.kind]
        what = f"{one.type} “{one.step}”" if one.step else "journey"
        change = f": {one.field}  {one.before or '—'} → {one.after or '—'}" if one.field else ""
        text.append(f"\n  {sign} {what}{change}", colour)
    return text


def tried(told: Told) -> str:
    """A case of a journey's test, and every difference on a line of its own."""
    name = f"{told.journey_id}: {told.tried.case.name}"
    if not told.tried.differences:
        return f"passed  {name}"
    lines = "".join(f"\n          {one}" for one in told.tried.differences)
    return f"FAILED  {name} ({told.place}){lines}"


def journey(one: Mapping[str, Any]) -> str:
    """A journey as YAML that `apply` takes, under its status."""
    head = f"# {one['status']}, newest version {one['version']}, published: "
    body = yaml.safe_dump(
        {"kind": "journey", **one["journey"]}, allow_unicode=True, sort_keys=False
    )
    why = f"# paused itself: {one['paused_because']}\n" if one["paused_because"] else ""
    return f"{head}{one['published_version'] or 'none'}\n{why}{body}".rstrip()


def write_keys(found: Sequence[Mapping[str, Any]]) -> Table:
    """Write keys without their secrets."""
    table = _table("key begins (SHA-256)", "source", "kind", "made", "state", "limits")
    for one in found:
        state = f"until {one['retires_at']}" if one["retires_at"] else "active"
        limits = ((one["events_per_minute"], "events a minute"), (one["max_event_bytes"], "bytes"))
        table.add_row(
            *(one["digest_prefix"], one["source_id"], one["kind"], one["created_at"]),
            "disabled" if one["disabled"] else state,
            ", ".join(f"{most:,} {unit}" for most, unit in limits if most),
        )
    return table


def figures(found: Mapping[str, Any]) -> Iterator[Table]:
    """Three tables: segments, journeys, messages."""
    table = _table("segment", "members")
    for segment_id, members in found["segments"].items():
        table.add_row(segment_id, str(members))
    yield table
    table = _table("journey", "status", "started", "active", "completed", "exited")
    for journey_id, one in found["journeys"].items():
        exited = ", ".join(f"{reason}: {n}" for reason, n in one["exited"].items())
        numbers = (str(one[name]) for name in ("started", "active", "completed"))
        table.add_row(journey_id, one["status"], *numbers, exited)
    yield table
    table = _table("channel", "messages")
    for channel, statuses in found["messages"].items():
        table.add_row(channel, ", ".join(f"{status}: {n}" for status, n in statuses.items()))
    yield table


def journey_figures(found: Mapping[str, Any]) -> Iterator[Table]:
    """Two tables: the journey as a whole, and each step of the version."""
    one = found["figures"]
    table = _table("journey", "version", "started", "active", "completed", "exited")
    exited = ", ".join(f"{reason}: {n}" for reason, n in one["exited"].items())
    numbers = (str(one[name]) for name in ("started", "active", "completed"))
    table.add_row(found["journey_id"], str(found["version"]), *numbers, exited)
    yield table
    table = _table("step", "here", "passed", "ways")
    for step in found["steps"]:
        ways = ", ".join(f"{to}: {n}" for to, n in step["ways"].items())
        table.add_row(step["step"], str(step["here"]), str(step["passed"]), ways)
    yield table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # Names, states and counts stay in one piece, so that they can be read, found and copied.
        whole = column == columns[0] or column in _WHOLE
        table.add_column(column, overflow="fold", no_wrap=whole)
    return table
