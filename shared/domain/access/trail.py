"""The audit trail: who asked for which change, what was before, what is after.

Nothing in it names a customer: whoever a change is about stands there as a keyed digest, and of
what was sent only ids that operators or Rapport made, numbers and choices are kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from shared.domain.access.operators import Operator

AuditOutcome = Literal["done", "refused", "failed", "unknown"]
"""done, or refused: nothing changed. failed: it ended with an error, and part of it may have been
done. unknown: nobody wrote down what came of it, as the function ended in between.
"""

Facts = Mapping[str, str | int | bool]

# Parts of paths that name somebody, or where somebody is reached.
PERSONAL: Final = frozenset({"profile_id", "address"})

_SENT: Final = frozenset(
    {"granted", "journey_id", "segment_id", "list_id", "source_id", "kind", "purpose", "inside"}
    | {"dry_run", "import_id", "events_per_minute", "max_event_bytes", "old_key_hours"}
)
_COUNTED: Final = frozenset({"people", "add", "remove", "values", "links", "to", "end", "keep"})
_ANSWERED: Final = frozenset(
    {"outcome", "status", "version", "published_version", "digest_prefix", "number", "build"}
    | {"erasure_id", "export_id", "audience_id", "import_id", "review_id", "broadcast_id"}
    | {"backtest_id", "applied", "retires_at"}
)
# Whatever somebody sends where an id belongs is kept only if it can be one: no address, no phone.
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
# A phone number, or that of an identity card; the digits of a digest can look like one.
_NUMBER: Final = re.compile(r"[0-9]{7,}[Xx]?")
_DIGESTS: Final = frozenset({"digest_prefix"})
_MOST: Final = 10**9


class Change(NamedTuple):
    """One thing that a change changed; `before` is None for what is new, `after` for what is gone.

    `what` is its kind and id, such as `SEGMENT#buyers`. A definition is told by its version, whose
    text is kept for ever; settings and rules of identity as a whole.
    """

    what: str
    before: Facts | None
    after: Facts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked for, written down before anything is done."""

    audit_id: str
    at: datetime
    operator: Operator
    operation: str
    names: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    sent: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change as it is read: what was asked for, what changed, what came of it."""

    asked: Asked
    outcome: AuditOutcome
    code: str = ""
    answered: Facts = field(default_factory=dict)
    changes: Sequence[Change] = ()


def sent_facts(body: Any) -> dict[str, str | int | bool]:  # noqa: ANN401
    """What may be kept of a request: choices and ids of operators, and how many of the rest."""
    if not isinstance(body, dict):
        return {}
    counted = {
        f"{name}_count": len(body[name])
        for name in sorted(_COUNTED & body.keys())
        if isinstance(body[name], (list, dict))
    }
    return counted | {
        name: body[name] for name in sorted(_SENT & body.keys()) if _is_fact(name, body[name])
    }


def kept_names(path: Mapping[str, str]) -> dict[str, str]:
    """The ids in a path that name no person."""
    return {
        name: value for name, value in path.items() if name not in PERSONAL and _is_id(name, value)
    }


def answered_facts(answer: Mapping[str, Any]) -> dict[str, str | int | bool]:
    """What may be kept of an answer: ids that Rapport made, states, versions and counts."""
    return dict(_kept(answer))


def _kept(answer: Mapping[str, Any], levels: int = 2) -> Iterator[tuple[str, str | int | bool]]:
    for name, value in answer.items():
        if isinstance(value, Mapping) and levels > 1:
            yield from _kept(value, levels - 1)
        elif name in _ANSWERED and _is_fact(name, value):
            yield name, value


def _is_id(name: str, value: str) -> bool:
    is_number = name not in _DIGESTS and _NUMBER.fullmatch(value) is not None
    return not is_number and _ID.fullmatch(value) is not None


def _is_fact(name: str, value: object) -> bool:
    match value:
        case bool():
            return True
        case int():
            return -_MOST < value < _MOST
        case str():
            return _is_id(name, value)
        case _:
            return False
