"""The files of an export: everything about one person, with the words of the data model."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from shared.domain.cells import harmless
from shared.domain.identity.graph import Graph, to_json
from shared.domain.instants import format_instant
from shared.domain.profiles.rows import name_of
from shared.domain.text import to_text

Row = Mapping[str, Any]

FORMAT: Final = 1
PERSON: Final = "person.json"
EVENTS: Final = "events.jsonl"
EVENTS_CSV: Final = "events.csv"
README: Final = "README.txt"

CSV_COLUMNS: Final = (
    *("message_id", "type", "name", "occurred_at", "received_at", "source_id"),
    *("user_id", "anonymous_id", "group_id", "properties", "traits", "context"),
)

# Attributes that hold JSON as text.
_NESTED: Final = frozenset(
    {"body", "traits", "graph", "change", "because", "kinds", "latest", "decisions"}
)
# Keys of the table, how long a row is kept, and the means to end a waiting Task: nobody's data.
_HIDDEN: Final = frozenset({"pk", "sk", "pin", "expires_at", "task"})

_README: Final = """\
Rapport: everything that is stored about one person (format {format})
Made at {at} for profile {profile_id}.

person.json    identifiers: what the person is known by, and since when
               links: why these identifiers are one person: two identifiers each (by their place
               in the list above, from 0), when, by which event and source, on whose word
               profiles: traits, each with its value, the time it was said and its source
               states, counters: when and how often something was done (d01 to d31 are the days)
               memberships: segments the person is or was in, and because of what
               enrolments, messages: journeys with every decision, messages with their outcomes
               consents, consent_records: what is in force, and every single decision
               disputes: links to other people that were refused, and why
               groups, trait_history: groups joined, and earlier values of traits that keep them
{events_file}   every event as it was received, one JSON document a line, the oldest first
{csv_file}     the same as a table for spreadsheets; nested fields are JSON
All texts are UTF-8, all times are UTC (ISO 8601).

知己(Rapport):关于一个人的全部已存数据(格式 {format})
导出时间 {at},档案编号 {profile_id}。

person.json    identifiers:此人的标识,以及首次出现的时间
               links:为什么这些标识属于同一个人:两个标识(在上面列表中的序号,从 0 开始)、时间、
               依据的事件与来源、由谁证明
               profiles:属性,包括取值、说出的时间与来源
               states、counters:做过什么、何时、多少次(d01 至 d31 为每月各日)
               memberships:现在或曾经所在的分群,以及原因
               enrolments、messages:进入过的旅程及每一步决定,消息及其结果
               consents、consent_records:现行的同意,以及每一次同意或拒绝的记录
               disputes:被拒绝的关联,以及原因
               groups、trait_history:所属群组,以及保留历史的属性的历次取值
{events_file}   收到的每一个事件,每行一个 JSON 文档,按时间先后
{csv_file}     同样的内容,供电子表格使用;嵌套字段为 JSON
所有文本为 UTF-8 编码,所有时间为 UTC(ISO 8601)。
"""


def readme(profile_id: str, at: datetime) -> str:
    """What is in the archive, in English and Chinese."""
    return _README.format(
        format=FORMAT,
        at=format_instant(at),
        profile_id=profile_id,
        events_file=EVENTS,
        csv_file=EVENTS_CSV,
    )


def person(
    profile_id: str, strands: Sequence[str], graph: Graph | None, rows: Iterable[Row], at: datetime
) -> Iterator[str]:
    """`person.json` in pieces: every row of every strand but the events; no kind is left out.

    Rows come in the order of their sort keys, those of a kind together. Each is written as it
    comes: what is kept of a long history is long, too.
    """
    known = to_json(graph) if graph else {"nodes": [], "edges": []}
    head = {
        "format": FORMAT,
        "exported_at": format_instant(at),
        "profile_id": profile_id,
        "strands": list(strands),
        "identifiers": [
            {"kind": kind, "value": value, "strand": strand, "first_seen_at": since}
            for kind, value, strand, since in known["nodes"]
        ],
        "links": [
            {
                **dict(
                    zip(("between", "and", "at", "message_id", "source_id"), edge, strict=False)
                ),
                "proof": edge[5],
                "rule": edge[6],
            }
            for edge in known["edges"]
        ],
    }
    yield _shown(head).removesuffix("\n}")
    for kind, some in groupby(rows, lambda row: str(row["sk"]).partition("#")[0]):
        yield f",\n  {_shown(name_of(kind))}: ["
        for number, row in enumerate(some):
            # A line break within a text is written as two characters, so these are between them.
            shown = _shown(readable(row)).replace("\n", "\n    ")
            yield f"{',' if number else ''}\n    {shown}"
        yield "\n  ]"
    yield "\n}\n"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def readable(row: Row) -> dict[str, Any]:
    """A row without what is the table's own; JSON texts as what they say."""
    strand = str(row["pk"]).rpartition("#")[2]
    key = str(row["sk"]).partition("#")[2]
    shown: dict[str, Any] = {"strand": strand, **({"key": key} if key else {})}
    for name, value in sorted(row.items()):
        if name not in _HIDDEN and name != "graph":
            shown[name] = json.loads(value) if name in _NESTED else _plain(value)
    return shown


def _plain(value: object) -> object:
    """A decimal as a number if that says the same, else as a text; the rest as it is."""
    if not isinstance(value, Decimal):
        return value
    number = float(value)
    return number if Decimal(repr(number)) == value else str(value)


def event_line(row: Row) -> str:
    """One line of `events.jsonl`."""
    return to_text({**json.loads(row["body"]), "strand": str(row["pk"]).rpartition("#")[2]}) + "\n"


def csv_line(event: Row | None) -> str:
    """One line of `events.csv`; the headings for None. No cell can be taken for a formula."""
    line = io.StringIO()
    if event is None:
        csv.writer(line).writerow(CSV_COLUMNS)
    else:
        csv.writer(line).writerow([_cell(event.get(name)) for name in CSV_COLUMNS])
    return line.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return harmless(value if isinstance(value, str) else to_text(value))
