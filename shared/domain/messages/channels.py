"""The channels on which messages go out; standard library only, so that lean functions can ask."""

from typing import Final, Literal, get_args

Channel = Literal[
    "email", "sms", "push", "wechat", "wecom", "miniprogram", "inbox", "web", "webhook"
]
# What we lay ourselves, for people to fetch.
LAID: Final[frozenset[Channel | None]] = frozenset({"inbox", "web"})
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
