"""What a person holds: the value of a tag since when, and what a new verdict makes of that."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from shared.domain.measures.model import Value
from shared.domain.segments.comparing import same
from shared.domain.tags.kinds import FavouriteTag, ManualTag, RfmTag, RuleTag, TagKind
from shared.domain.tags.valuing import TagVerdict
from shared.domain.text import to_text

MAX_COUNTED: Final = 64  # characters of the JSON text of a value whose holders are counted


@dataclass(frozen=True, slots=True)
class HeldTag:
    """The `TAG` row: the value (None: none), since when, because of what.

    `version` is the tag's, at the last change; `changes` counts the changes. `value_before` is the
    value until then. `changes_at` does not lie after the next change that comes by itself (None:
    none comes). `because` are the facts of the last change, as plain JSON data. `untold` marks a
    change that is stored and may not have been published yet. `parked` marks the tag of a profile
    that another one answers for: it counts for nothing. `is_counted` says whether the person is
    counted among those who hold the same value.
    """

    tag_id: str
    value: Value | None
    since: datetime
    version: int
    changes: int = 0
    value_before: Value | None = None
    changes_at: datetime | None = None
    because: tuple[dict[str, Any], ...] = ()
    untold: bool = False
    parked: bool = False
    is_counted: bool = False

    @property
    def tallies(self) -> tuple[str, ...]:
        """The tallies in which the person stands."""
        if self.parked:
            return ()
        return tallies_by(self.tag_id, self.value, is_counted=self.is_counted)


def tallies_by(tag_id: str, value: Value | None, *, is_counted: bool) -> tuple[str, ...]:
    """The tallies that a value puts somebody into: of all who hold any value, and who hold it."""
    if value is None:
        return ()
    return (tally_of(tag_id), *((tally_of(tag_id, value),) if is_counted else ()))


def tally_of(tag_id: str, value: Value | None = None) -> str:
    """The subject of the tally of everybody who holds a value; without one, who holds any."""
    return tag_id if value is None else f"{tag_id}={to_text(value)}"


def counts_holders(kind: TagKind) -> bool:
    """Whether a tag has few values, so that it makes sense to count who holds which."""
    return isinstance(kind, RuleTag | ManualTag | RfmTag | FavouriteTag)


def settle_tag(
    before: HeldTag, version: int, verdict: TagVerdict, now: datetime, *, counted: bool
) -> HeldTag:
    """The tag after a verdict; equal to `before` when there is nothing to store.

    `before` is the stored one, or for somebody without a row one without a value and with 0
    changes. One that was parked counts again. `counted` says whether holders of a value are
    counted. As with memberships, `changes_at` moves to a later instant only when it has come.
    """
    value = verdict.value
    is_counted = counted and value is not None and len(to_text(value)) <= MAX_COUNTED
    if not _is_same(value, before.value):
        return HeldTag(
            tag_id=before.tag_id,
            value=value,
            since=now,
            version=version,
            changes=before.changes + 1,
            value_before=before.value,
            changes_at=verdict.changes_at,
            because=tuple(fact.to_json() for fact in verdict.because),
            untold=True,
            is_counted=is_counted,
        )
    stored, found = before.changes_at, verdict.changes_at
    has_come = stored is None or stored <= now
    is_earlier = stored is not None and found is not None and found < stored
    return replace(
        before,
        changes_at=found if has_come or is_earlier else stored,
        parked=False,
        is_counted=is_counted,
    )


def _is_same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    return same(one, other)
