"""The channels on which messages go out; standard library only, so that lean functions can ask."""

from typing import Final, Literal, get_args

Channel = Literal[
    "email", "sms", "push", "wechat", "wecom", "miniprogram", "inbox", "web", "webhook"
]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
