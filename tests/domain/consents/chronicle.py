"""Consent told as a story, instant by instant: slow, obvious, and independent of the real thing."""

from dataclasses import dataclass, field

from shared.domain.consents.model import Decision, Join, Scope
from shared.domain.instants import format_instant


@dataclass
class Refusal:
    scope: Scope
    is_stamped: bool
    lifted: list[Scope] = field(default_factory=list)


@dataclass
class Group:
    """One person of that moment."""

    strands: set[str]
    grants: list[Scope] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def says(self, query: Scope) -> bool | None:
        for refusal in self.refusals:
            lifted = any(scope.covers(query) for scope in refusal.lifted)
            if refusal.scope.covers(query) and not lifted:
                return False
        return True if any(scope.covers(query) for scope in self.grants) else None


def told(ledgers: dict[str, list[Decision]], joins: list[Join], strand: str) -> Group:
    """The person of a strand at the end of the story."""
    groups = {name: Group({name}) for name in {*ledgers, *(s for j in joins for s in j[:2])}}
    for _, _, happening in sorted(_happenings(ledgers, joins), key=lambda h: h[:2]):
        if isinstance(happening, Join):
            one, other = groups[happening.left], groups[happening.right]
            if one is not other:
                one.strands |= other.strands
                one.grants += other.grants
                one.refusals += other.refusals
                groups |= dict.fromkeys(other.strands, one)
            continue
        name, decision = happening
        if not decision.granted:
            groups[name].refusals.append(Refusal(decision.scope, decision.evidence == "stamp"))
            continue
        groups[name].grants.append(decision.scope)
        for refusal in groups[name].refusals:
            is_word = decision.evidence != "stamp" or refusal.is_stamped
            if is_word and refusal.scope.covers(decision.scope):
                refusal.lifted.append(decision.scope)
    return groups[strand]


def _happenings(ledgers, joins):
    """(instant, order within the instant, what): people join, then agree, then refuse."""
    for join in joins:
        yield format_instant(join.at), 0, join
    for name, lines in ledgers.items():
        for line in lines:
            yield line.moment, 1 if line.granted else 2, (name, line)
