"""Workspace settings: time zone, rehearsal, sender and which purposes need consent."""

import json
import re
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_validator,
)

from shared.domain.feedback.thresholds import PauseAt
from shared.domain.journeys.parts import not_a_bare_number
from shared.domain.messages.budget import Cap
from shared.domain.messages.channels import Channel
from shared.domain.messages.quiet import QuietWindow
from shared.domain.workspace.purposes import Purpose as Purpose
from shared.domain.workspace.sender import sender_of

DEFAULT_WORKSPACE: Final = "default"

TrialAddress = Annotated[str, Field(min_length=2, max_length=320)]

STORED: Final = object()  # as the context of a validation: all was put before, by what held then
_PRINTABLE: Final = re.compile(r"[!-~]*")

OptOutWord = Annotated[str, Field(min_length=1, max_length=40)]


PublicUrl = Annotated[
    str, Field(pattern=r"^(https?://[^\s/?#\"<>]+(/[^\s?#\"<>]*)?)?$", max_length=200)
]


PreferenceChannels = Annotated[tuple[Channel, ...], Field(min_length=1, max_length=9)]


class PreferenceTopic(BaseModel):
    """A topic that people may choose or refuse on the page of their preferences, in their words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    title_zh: Annotated[str, Field(max_length=100)] = ""


def _stands(text: str, info: ValidationInfo) -> bool:
    return info.context is STORED or (isinstance(info.context, tuple) and text in info.context)


class WorkspaceSettings(BaseModel):
    """What holds for everything in a workspace.

    `email_from` is whom emails come from: an address, or a name before it, such as
    知己会员店 <news@shop.example.com>.
    `rehearsal` makes the workspace safe to practise in: messages go only to addresses that belong
    to nobody, and only then may `time_scale` divide the durations of journeys. `trait_history`
    names the traits of which every claim is kept.
    `personalisation_default` holds for people who never said whether messages may be personal; to
    those who said no, marketing goes out without their data, or not at all.
    `opt_out_words` are replies that stop messages, beside those that everybody knows.
    `quiet_hours` are local times of the person, such as 22:00-08:00, in which marketing waits, and
    `contact_budget` are caps on how often somebody is written to, over all journeys together.
    `resend_unknown_after` is how long after it a transactional message is sent once more of which
    nobody knows whether it was sent: never, unless told.
    `public_url` is the address at which links of messages are answered, the API's own unless told.
    With `tracking` it is written down which links people open, unless they refused that;
    `preference_topics` and `preference_channels` are what they may choose on the page of their
    preferences, in this order. While `restoring`, what is found out about people is stored and told
    to nobody: no journey begins, none is woken by it, no destination hears of it, and no message is
    sent. `pause_at` are the shares of bounces and complaints from which on a journey is paused.
    `trial_addresses` are those to which editors may send a template for a trial, such as
    wei@example.com, or @example.com for all of a domain; approvers may send one to anybody.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def stored(cls, body: str) -> "WorkspaceSettings":
        """Read what was stored; what only a newer version knows is passed over.

        Settings were checked when they were put, by what held then: a sender or an address of links
        that would be refused today is still read. During a deployment, and after a roll-back, older
        code reads what newer code has stored. Whoever puts settings anew may leave both as they
        are: the context of a validation is what stands there then.
        """
        known: dict[str, Any] = json.loads(body)
        return cls.model_validate_json(
            json.dumps({name: known[name] for name in known.keys() & cls.model_fields.keys()}),
            context=STORED,
        )

    timezone: str = "UTC"
    email_from: Annotated[str, Field(max_length=400)] = ""
    rehearsal: bool = False
    time_scale: Annotated[float, Field(ge=1, le=1_000_000)] = 1
    consent_required: frozenset[Purpose] = frozenset({"marketing"})
    trait_history: frozenset[Annotated[str, Field(min_length=1, max_length=200)]] = frozenset()
    personalisation_default: bool = True
    without_personalisation: Literal["send_plain", "suppress"] = "send_plain"
    opt_out_words: Annotated[frozenset[OptOutWord], Field(max_length=100)] = frozenset()
    quiet_hours: Annotated[tuple[QuietWindow, ...], Field(max_length=7)] = ()
    contact_budget: Annotated[tuple[Cap, ...], Field(max_length=20)] = ()
    resend_unknown_after: (
        Annotated[
            timedelta,
            BeforeValidator(not_a_bare_number),
            Field(ge=timedelta(minutes=5), le=timedelta(days=7)),
        ]
        | None
    ) = None
    public_url: PublicUrl = ""
    tracking: bool = False
    preference_topics: Annotated[tuple[PreferenceTopic, ...], Field(max_length=20)] = ()
    preference_channels: PreferenceChannels = ("email", "sms")
    pause_at: PauseAt = PauseAt()
    restoring: bool = False
    trial_addresses: Annotated[frozenset[TrialAddress], Field(max_length=100)] = frozenset()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:  # unknown, a folder, or no path at all
            raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Shanghai") from error
        return name

    @field_validator("email_from")
    @classmethod
    def _one_sender(cls, text: str, info: ValidationInfo) -> str:
        if text and not _stands(text, info) and sender_of(text) is None:
            raise ValueError(
                f"{text!r} is not one email address, with a name before it or without, such as"
                " Shop <news@shop.example.com>; a domain in other letters is written in punycode"
                " (xn--…)"
            )
        return text

    @field_validator("public_url")
    @classmethod
    def _fits_into_a_header(cls, url: str, info: ValidationInfo) -> str:
        """Links stand in headers of emails, where SES takes printable ASCII alone."""
        if not _stands(url, info) and not _PRINTABLE.fullmatch(url):
            raise ValueError(
                f"{url!r} is not ASCII: write the host in punycode (https://xn--….example.cn) and"
                " percent-encode the rest"
            )
        return url

    @field_serializer("consent_required", "opt_out_words", "trial_addresses")
    def _in_one_order(self, texts: frozenset[str]) -> list[str]:
        return sorted(texts)

    @field_serializer("trait_history")
    def _names_in_one_order(self, names: frozenset[str]) -> list[str]:
        return sorted(names)

    @model_validator(mode="after")
    def _only_a_rehearsal_runs_faster(self) -> Self:
        if self.time_scale != 1 and not self.rehearsal:
            raise ValueError("time_scale other than 1 needs rehearsal: true")
        return self

    @model_validator(mode="after")
    def _links_are_safe_outside_of_rehearsals(self) -> Self:
        if self.public_url.startswith("http:") and not self.rehearsal:
            raise ValueError("public_url must begin with https:// unless rehearsal is true")
        if len({one.topic for one in self.preference_topics}) < len(self.preference_topics):
            raise ValueError("preference_topics name a topic twice")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which natural days of this workspace begin and end."""
        return ZoneInfo(self.timezone)
