"""Hits: somebody, or some machine, fetched a link or the pixel of a message."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, TypeAdapter

from shared.domain.instants import format_instant, parse_instant
from shared.domain.messages.links import Click, Open, Signed, Trap
from shared.domain.requests import BODY_VERSION, read_body

HitKind = Literal["click", "open", "trap"]

LONGEST_AGENT: Final = 300


class Trace(NamedTuple):
    """What the row of a message keeps of a hit, so that hits can be judged together."""

    at: datetime
    kind: HitKind
    place: int

    def to_text(self) -> str:
        """Write it for the row."""
        return f"{format_instant(self.at)} {self.kind} {self.place}"

    @classmethod
    def of_text(cls, text: str) -> "Trace":
        """Read what `to_text` wrote."""
        at, kind, place = text.split(" ")
        known: HitKind = "click" if kind == "click" else "open" if kind == "open" else "trap"
        return cls(parse_instant(at), known, int(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One fetch, as it travels to be judged.

    `place` (from 0) and `of` say which link it was of how many different ones; `url` is where it
    leads, without the query. `agent` is what the program calls itself; it goes no further.
    """

    hit_id: str
    workspace_id: str
    profile_id: str
    message_id: str
    kind: HitKind
    at: AwareDatetime
    place: int = 0
    of: int = 0
    url: str = ""
    link: str = ""
    agent: str = ""

    @property
    def trace(self) -> Trace:
        """What the row of the message keeps of it."""
        return Trace(self.at, self.kind, self.place)

    def to_body(self) -> str:
        """Write the body that travels in the queue: `{"v": 1, "hit": {…}}`."""
        hit = {**asdict(self), "at": format_instant(self.at)}
        return json.dumps({"v": BODY_VERSION, "hit": hit}, ensure_ascii=False)

    @classmethod
    def from_body(cls, body: str) -> "Hit":
        """Read what `to_body` wrote; raises InvalidInputError naming the field that is wrong."""
        return read_body(body, "hit", _HIT)


_HIT: Final[TypeAdapter[Hit]] = TypeAdapter(Hit)


def hit_of(signed: Signed, hit_id: str, at: datetime, agent: str) -> Hit | None:
    """The hit that fetching a link is; None for links that no hit is made of."""
    workspace_id, profile_id, message_id = signed.ref
    kind: HitKind
    place = of = 0
    url = link = ""
    match signed.meaning:
        case Click(place, of, target, link):
            kind, url = "click", target.partition("?")[0].partition("#")[0]
        case Open():
            kind = "open"
        case Trap():
            kind = "trap"
        case _:
            return None
    return Hit(
        hit_id=hit_id,
        workspace_id=workspace_id,
        profile_id=profile_id,
        message_id=message_id,
        kind=kind,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        place=place,
        of=of,
        url=url,
        link=link,
        agent=agent[:LONGEST_AGENT],
    )
