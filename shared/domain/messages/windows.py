"""Capability windows: what a person's act lets us send, for how long and how often, as data.

Some providers take a message only after the person did something: WeChat's customer-service
messages for a while after a message, a click in the menu, a follow or a scan; the messages that a
mini-program's user subscribed to, one for each consent. Others take only so many a day, or only by
day. So a message can be taken *now*, *later* (at an instant that is known) or *never* (unless the
person acts again), and a step with several templates goes down where it is never.

The figures are WeChat's of June 2023 (the allowance after a message was 20 before): allowances do
not add up, each act renews them. Consents to a subscription message do add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from shared.domain.messages.budget import Limit
from shared.domain.messages.channels import Channel
from shared.domain.messages.quiet import Span, spans_of
from shared.domain.workspace.purposes import Purpose

Act = Literal["message", "menu", "follow", "scan", "subscribed"]
WindowKind = Literal["wechat_service", "subscription"]

CHINA: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Opening:
    """What an act opens: for how long (None: for ever) and for how many messages."""

    lasts: timedelta | None
    sends: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What opens the windows of a kind; `adds` says whether allowances add up."""

    openings: Mapping[Act, Opening]
    adds: bool = False


_SOON: Final = Opening(timedelta(minutes=1), 3)
RULES: Final[Mapping[WindowKind, Rule]] = {
    "wechat_service": Rule(
        {
            "message": Opening(timedelta(hours=48), 5),
            "menu": _SOON,
            "follow": _SOON,
            "scan": _SOON,
        }
    ),
    "subscription": Rule({"subscribed": Opening(None, 1)}, adds=True),
}

# What channels themselves allow one person to receive, whatever the operator allows.
CHANNEL_LIMITS: Final = (
    Limit(most=1, per="day", channel="wecom", form="customer_task", zone=CHINA),
)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a channel takes no messages of a purpose to addresses that begin with `prefix`."""

    channel: Channel
    prefix: str
    purpose: Purpose
    closed: tuple[Span, ...]
    zone: ZoneInfo


CHANNEL_HOURS: Final = (
    Hours("sms", "+86", "marketing", spans_of(["22:00-08:00"]), CHINA),
)  # fmt: skip


def hours_of(channel: Channel, address: str, purpose: Purpose) -> Hours | None:
    """The hours in which a channel takes none of these, if there are any."""
    for one in CHANNEL_HOURS:
        if (one.channel, one.purpose) == (channel, purpose) and address.startswith(one.prefix):
            return one
    return None


@dataclass(frozen=True, slots=True)
class Needed:
    """The window that a template needs: its kind, and of a subscription to what (a code)."""

    kind: WindowKind
    code: str = ""


def needed_by(template: Any) -> Needed | None:  # noqa: ANN401 (a template of any channel)
    """The window that a template needs; None where it can be sent at any time."""
    match template.channel:
        case "wechat" if template.form == "service":
            return Needed("wechat_service")
        case "miniprogram":
            return Needed("subscription", template.code)
    return None


def form_of(template: Any) -> str:  # noqa: ANN401
    """What kind of message of its channel a template makes; empty where there is but one."""
    return str(getattr(template, "form", ""))


@dataclass(frozen=True, slots=True)
class Window:
    """A window of one address, as it lies in a strand of the person.

    `left` messages may go out until `expires_at` (None: at any time). `acted_at` is the act that
    opened it last, and `acts` are the latest ones by their ids.
    """

    needed: Needed
    digest: str
    left: int
    expires_at: datetime | None
    acted_at: datetime
    acts: tuple[str, ...] = ()
    strand_id: str = ""

    def is_open(self, now: datetime) -> bool:
        """Whether one more message may go out."""
        return self.left > 0 and (self.expires_at is None or now < self.expires_at)


MOST_ACTS: Final = 20  # that are remembered, so that a repetition opens nothing


def digest_of(address: str) -> str:
    """By what a window knows its address."""
    return sha256(address.encode()).hexdigest()[:16]


def opened(
    before: Window | None, needed: Needed, digest: str, act: Act, act_id: str, at: datetime
) -> Window | None:
    """The window after an act of the person; None where the act changes nothing.

    A repeated act opens nothing again, nor does one that was before the last.
    """
    rule = RULES[needed.kind]
    opening = rule.openings.get(act)
    if opening is None or (before is not None and act_id in before.acts):
        return None
    expires_at = None if opening.lasts is None else at + opening.lasts
    if before is None:
        return Window(needed, digest, opening.sends, expires_at, at, (act_id,))
    acts = (*before.acts, act_id)[-MOST_ACTS:]
    if rule.adds:
        left = before.left + opening.sends
        return replace(before, left=left, acted_at=max(at, before.acted_at), acts=acts)
    if at <= before.acted_at:
        return None
    heard = replace(before, acted_at=at, acts=acts)
    if before.is_open(at) and _lasts_longer(before.expires_at, expires_at):
        return heard  # an act that allows less takes nothing away, and what it adds is soon over
    return replace(heard, left=opening.sends, expires_at=expires_at)


def _lasts_longer(one: datetime | None, other: datetime | None) -> bool:
    return one is None or (other is not None and one > other)
