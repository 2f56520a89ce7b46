"""The rules of a workspace, ready to be asked: what is usable, who is stronger, how many."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from shared.domain.identity.graph import SELF_TOLD, Identifier, Proof
from shared.domain.identity.normalise import Normaliser, normaliser
from shared.domain.identity.patterns import whole_match
from shared.domain.identity.resolution import Unusable
from shared.domain.identity.rules import IdentityRules, KindRule

MAX_LENGTH: Final = 256  # characters; four bytes each still fit into a key
_SHOWN: Final = 100  # characters of an unusable value that are kept
_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control signs, half signs


class Standing(NamedTuple):
    """How much a kind counts: `rank` 0 is the strongest; without a limit any number may be held."""

    rank: int
    strong: bool
    limit: int | None
    window_days: int | None


class _Gate(NamedTuple):
    normalise: Normaliser
    is_valid: Callable[[str], bool] | None
    blocked: frozenset[str]
    is_blocked: Callable[[str], bool]


class Rulebook:
    """Identity rules, compiled; make it by `rulebook_of`, which keeps it."""

    def __init__(self, rules: IdentityRules) -> None:
        self.rules = rules
        self.breaker = rules.breaker
        self.standings = {
            rule.kind: Standing(rank, rule.strength == "strong", rule.limit, rule.window_days)
            for rank, rule in enumerate(rules.kinds)
        }
        # A kind that the rules have dropped: what is known stays, and comes last.
        self._dropped = Standing(len(rules.kinds), False, None, None)
        self.grades = _Grades(self.standing)
        self._gates = {rule.kind: _gate(rule, rules) for rule in rules.kinds}

    def standing(self, kind: str) -> Standing:
        """What a kind counts for, also one that the rules know no more."""
        return self.standings.get(kind, self._dropped)

    def usable(self, kind: str, value: object) -> Identifier | Unusable:
        """Bring a value into its one spelling, or say why it names nobody.

        Reasons: `unknown_kind`, `not_text`, `empty`, `too_long`, `malformed`, `blocked`.
        """
        gate = self._gates.get(kind)
        if gate is None:
            return _unusable(kind, value, "unknown_kind")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            return _unusable(kind, value, "not_text")
        if len(value) > MAX_LENGTH:
            return _unusable(kind, value, "too_long")
        if _folded(value) in gate.blocked:
            return _unusable(kind, value, "blocked")
        text = gate.normalise(value)
        if text is None or _UNWRITABLE.search(text):
            return _unusable(kind, value, "malformed")
        if reason := _objection(gate, text):
            return _unusable(kind, value, reason)
        return Identifier(kind, text)


class _Grades(dict[tuple[str, str, Proof], tuple[int, int, int]]):
    """(kind, kind, proof) → when such a link counts: grade, rank of the weaker, the stronger.

    An odd grade goes by time first.
    """

    def __init__(self, standing: Callable[[str], Standing]) -> None:
        super().__init__()
        self._standing = standing

    def __missing__(self, key: tuple[str, str, Proof]) -> tuple[int, int, int]:
        left, right, proof = self._standing(key[0]), self._standing(key[1]), key[2]
        both_strong = left.strong and right.strong
        timely = proof in SELF_TOLD if both_strong else proof == "none"
        grade = (0 if both_strong else 2) + timely
        self[key] = grade, max(left.rank, right.rank), min(left.rank, right.rank)
        return self[key]


@lru_cache(maxsize=64)
def rulebook_of(rules: IdentityRules) -> Rulebook:
    """Compile rules, once for equal rules."""
    return Rulebook(rules)


def _gate(rule: KindRule, rules: IdentityRules) -> _Gate:
    return _Gate(
        normaliser(rule.normalise, rules.default_region),
        whole_match([rule.valid]) if rule.valid else None,
        frozenset(map(_folded, (*rules.blocked, *rule.blocked))),
        whole_match((*rules.blocked_patterns, *rule.blocked_patterns)),
    )


def _folded(text: str) -> str:
    """The same for all ways to write a blocked value: case, width, blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _objection(gate: _Gate, text: str) -> str | None:
    if not text.strip():
        return "empty"
    if len(text) > MAX_LENGTH:  # one full-width sign can become many letters
        return "too_long"
    if _folded(text) in gate.blocked or gate.is_blocked(text):
        return "blocked"
    if gate.is_valid and not gate.is_valid(text):
        return "malformed"
    return None


def _unusable(kind: str, value: object, reason: str) -> Unusable:
    shown = value if isinstance(value, str) else repr(value)
    return Unusable(kind, shown[:_SHOWN].encode(errors="replace").decode(), reason)
