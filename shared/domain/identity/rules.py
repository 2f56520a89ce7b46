"""Which identifiers there are and what each may do: the rules of a workspace, and the defaults."""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.domain.identity.patterns import check_pattern

Strength = Literal["strong", "weak"]
Normalisation = Literal["exact", "trim", "email", "phone"]

Pattern = Annotated[str, Field(min_length=1, max_length=500)]
Blocked = Annotated[str, Field(max_length=256)]


# What clients send when they have nothing to say, in the spellings of several languages.
_NOTHING: Final = (
    *("null", "(null)", "<null>", "nil", "(nil)", "<nil>", "none", "(none)", "undefined"),
    *("nan", "n/a", "na", "not set", "(not set)", "empty", "blank", "void", "missing"),
    *("unknown", "(unknown)", "anonymous", "anon", "guest", "nobody", "default"),
    *("test", "testing", "demo", "dummy", "sample", "example", "foo", "bar", "string"),
    *("id", "uuid", "guid", "userid", "user_id", "deviceid", "device_id", "anonymous_id"),
    *("true", "false", "[object object]", "[object undefined]", "object", "-1", "空", "无", "未知"),
    *("匿名", "测试", "游客"),
)
_NOTHING_PATTERNS: Final = (
    r"[0\s:._{}-]+",  # zeros with or without marks: ids, MAC addresses, UUIDs
    r"[fx\s:._{}-]{4,}",  # the same in f, as hardware answers that has no id, and masked ones
    r"[\pP\pS\s]+",  # marks only
    r"\{\{.*\}\}|\$\{.*\}|%%.*%%|<%.*%>",  # a template that nobody filled in
)
_USELESS_DEVICES: Final = (
    "9774d56d682e549c",  # one id on millions of early Android devices
    "02:00:00:00:00:00",  # what iOS and Android say for every MAC address
    *("android", "ios", "iphone", "unknown_device", "emulator", "simulator"),
    "1234567890abcdef",
)
_USELESS_MAIL: Final = (
    r"(null|nil|none|undefined|nan|unknown|anonymous|no-?reply|do-?not-?reply)@.*",
    r"(test|example|a|aa|x|xx)@(test|example|a|aa|x|xx)\..*",
    r".*@(localhost|example\.invalid|.*\.invalid)",
)
_MAIL: Final = r"[^@\s]+@[^@\s]+\.[^@\s.]+"
OUR_PATTERNS: Final = frozenset({_MAIL, *_NOTHING_PATTERNS, *_USELESS_MAIL})


def _checked(pattern: str) -> str:
    """Give a pattern that is one; ours are, and so load no engine where nothing is matched."""
    return pattern if pattern in OUR_PATTERNS else check_pattern(pattern)


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class KindRule(_Rule):
    """What one kind of identifier means.

    `strong` ones name a person, `weak` ones a device or a browser. A person holds at most `limit`
    of them, or, with `window_days`, at most so many that were first seen within so many days.
    `valid` must match the whole normalised value; `blocked` values (whatever their case) and
    `blocked_patterns` (RE2, whole value, whatever the case) name nobody.
    """

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    strength: Strength = "weak"
    limit: int = Field(default=100, ge=1, le=10_000)
    window_days: int | None = Field(default=None, ge=1, le=3_660)
    normalise: Normalisation = "trim"
    valid: Pattern | None = None
    blocked: tuple[Blocked, ...] = ()
    blocked_patterns: tuple[Pattern, ...] = ()

    _valid_is_re2 = field_validator("valid")(lambda pattern: pattern and _checked(pattern))
    _blocked_are_re2 = field_validator("blocked_patterns")(
        lambda patterns: tuple(map(_checked, patterns))
    )


class Breaker(_Rule):
    """When a person grows too fast or too large to be one: no further join counts."""

    identifiers: int = Field(default=100, ge=2, le=1_000)
    links_a_day: int = Field(default=50, ge=1, le=1_000)


class IdentityRules(_Rule):
    """How a workspace tells people apart; `kinds` are in the order of their priority.

    `default_region` (ISO 3166) is where a phone number without a country code is from. `blocked`
    and `blocked_patterns` hold for every kind.
    """

    kinds: tuple[KindRule, ...] = Field(min_length=1, max_length=40)
    default_region: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
    blocked: tuple[Blocked, ...] = ()
    blocked_patterns: tuple[Pattern, ...] = ()
    breaker: Breaker = Breaker()

    _blocked_are_re2 = field_validator("blocked_patterns")(
        lambda patterns: tuple(map(_checked, patterns))
    )

    @model_validator(mode="after")
    def _strong_kinds_come_first(self) -> Self:
        names = [rule.kind for rule in self.kinds]
        if len(set(names)) < len(names):
            raise ValueError("a kind may have one rule only")
        strengths = [rule.strength for rule in self.kinds]
        if strengths != sorted(strengths):  # "strong" sorts before "weak"
            raise ValueError("strong kinds come before weak ones")
        return self


DEFAULT_RULES: Final = IdentityRules(
    kinds=(
        KindRule(kind="user_id", strength="strong", limit=1),
        KindRule(kind="member_id", strength="strong", limit=1),
        KindRule(kind="wechat_unionid", strength="strong", limit=1),
        KindRule(kind="wecom_external_userid", strength="strong", limit=2),
        KindRule(kind="wechat_openid", strength="strong", limit=5),
        KindRule(kind="phone", strength="strong", limit=3, normalise="phone"),
        KindRule(
            kind="email",
            strength="strong",
            limit=5,
            normalise="email",
            valid=_MAIL,
            blocked_patterns=_USELESS_MAIL,
        ),
        KindRule(kind="device_id", limit=50, blocked=_USELESS_DEVICES),
        KindRule(kind="anonymous_id", limit=100),
    ),
    blocked=_NOTHING,
    blocked_patterns=_NOTHING_PATTERNS,
)
"""Right for a web site, an app, a WeChat service account and mini-program, WeCom and a till."""
