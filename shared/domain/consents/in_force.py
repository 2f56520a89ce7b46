"""What is in force, out of all that was ever decided: a pure function of ledgers and joining times.

    A refusal covers everything inside its scope. It is lifted there by a grant that
      · has the same scope or a narrower one,
      · is later (of the same instant the refusal holds),
      · was not given before the two strands were one person, and
      · is somebody's word, where the refusal is.
    A person is allowed something when at least one grant covers it and no refusal does.

The third condition is what merging means for consent: at the instant of the evidence that joins two
people the stricter of their two states holds, because nothing that one of them granted before lifts
what the other refused; whatever is granted from then on does. All this looks at sets and instants
only, so any order of decisions and merges gives the same, and without a strand everything is as if
it had never been there.

The fourth is about the state that clients stamp on every event. It is as old as the cookie that it
comes out of, so it says nothing of what the person has decided elsewhere since: it takes back what
was stamped, and no word of a person or an operator.

A grant for all of a purpose does not lift an earlier refusal of one topic or channel: who has
written STOP gets no text messages until a grant says so of text messages.
"""

from collections.abc import Iterable, Iterator, Mapping

from shared.domain.consents.model import Decision, InForce, Join, Scope
from shared.domain.instants import format_instant
from shared.domain.workspace.purposes import ConsentPurpose

Ledgers = Mapping[str, Iterable[Decision]]
"""Strand → decisions, in any order."""


def in_force(ledgers: Ledgers, joins: Iterable[Join]) -> InForce:
    """What holds for the person whose strands have these ledgers.

    `joins` are the links between strands. Strands that no link joins share no grants. Of each
    verdict the decision that made it is given, under the scope it was asked for.
    """
    essential = reduced(ledgers)
    lines = [(strand, line) for strand, found in essential.items() for line in found]
    joined = _joining_moments(set(essential), joins)
    standing: dict[Scope, Decision] = {}
    for scope in _asked(line.scope for _, line in lines):
        decision = _decided(scope, lines, joined)
        before = verdict(standing, *scope)
        if decision and (before is None or before.granted != decision.granted):
            standing[scope] = decision
    return standing


def reduced(ledgers: Ledgers) -> dict[str, list[Decision]]:
    """The part of ledgers that decides: of each strand and scope the last grant and last refusal.

    Those that were stamped are kept beside those that were not, since a later stamp does not do
    what an earlier word does. Reducing twice, or parts first, comes to the same.
    """
    kept: dict[str, list[Decision]] = {}
    for strand, lines in ledgers.items():
        last: dict[tuple[Scope, bool, bool], Decision] = {}
        for line in lines:
            place = (line.scope, line.granted, line.is_stamped)
            last[place] = max(last.get(place, line), line, key=_rank)
        if last:
            kept[strand] = sorted(last.values(), key=lambda line: (line.scope, _rank(line)))
    return kept


def without_stamps(ledgers: Ledgers) -> dict[str, list[Decision]]:
    """Ledgers as they would be if no client stamped anything: what holds whatever clients say."""
    return {
        strand: [line for line in lines if not line.is_stamped] for strand, lines in ledgers.items()
    }


def verdict(
    decisions: InForce, purpose: ConsentPurpose, topic: str = "", channel: str = ""
) -> Decision | None:
    """The decision that holds for a scope, None when nothing was said of it.

    The most specific decision there is holds; one for the topic and one for the channel are
    equally specific, and the refusal holds then.
    """
    exact = decisions.get(Scope(purpose, topic, channel))
    if exact:
        return exact
    halves = [
        decisions[scope]
        for scope in (Scope(purpose, topic), Scope(purpose, channel=channel))
        if scope in decisions and scope != Scope(purpose)
    ]
    if halves:
        return min(halves, key=lambda half: half.granted)
    return decisions.get(Scope(purpose))


def allows(decisions: InForce, purpose: ConsentPurpose, topic: str = "", channel: str = "") -> bool:
    """Say whether a person agreed to this; nothing said is no."""
    decision = verdict(decisions, purpose, topic, channel)
    return decision is not None and decision.granted


def _asked(scopes: Iterable[Scope]) -> Iterator[Scope]:
    """Every scope of which anything can be said, the broad ones of a purpose first."""
    parts: dict[ConsentPurpose, tuple[set[str], set[str]]] = {}
    for purpose, topic, channel in scopes:
        topics, channels = parts.setdefault(purpose, ({""}, {""}))
        topics.add(topic)
        channels.add(channel)
    for purpose, (topics, channels) in sorted(parts.items()):
        grid = [Scope(purpose, topic, channel) for topic in topics for channel in channels]
        yield from sorted(grid, key=lambda scope: (bool(scope.topic) + bool(scope.channel), scope))


def _decided(
    scope: Scope, lines: list[tuple[str, Decision]], joined: Mapping[tuple[str, str], str]
) -> Decision | None:
    concerned = [(strand, line) for strand, line in lines if line.scope.covers(scope)]
    grants = [(strand, line) for strand, line in concerned if line.granted]
    standing = [
        line
        for strand, line in concerned
        if not line.granted and not any(_lifts(g, (strand, line), joined) for g in grants)
    ]
    return max(standing or [line for _, line in grants], key=_rank, default=None)


def _lifts(
    grant: tuple[str, Decision],
    refusal: tuple[str, Decision],
    joined: Mapping[tuple[str, str], str],
) -> bool:
    (giver, yes), (refuser, no) = grant, refusal
    if not (no.scope.covers(yes.scope) and yes.moment > no.moment):
        return False
    if yes.is_stamped and not no.is_stamped:
        return False
    since = "" if giver == refuser else joined.get((giver, refuser))
    return since is not None and yes.moment >= since


def _joining_moments(strands: set[str], joins: Iterable[Join]) -> dict[tuple[str, str], str]:
    """From when on each two of `strands` were one person; pairs that never were are left out.

    Links are taken in the order of their instants, so this is the earliest time at which a chain
    of links led from one to the other.
    """
    moments: dict[tuple[str, str], str] = {}
    people: dict[str, set[str]] = {}
    for left, right, at in sorted(joins, key=lambda join: join.at):
        one = people.setdefault(left, {left})
        other = people.setdefault(right, {right})
        if one is other:
            continue
        moment = format_instant(at)
        for mine in one & strands:
            for yours in other & strands:
                moments[mine, yours] = moments[yours, mine] = moment
        one |= other
        for strand in other:
            people[strand] = one
    return moments


def _rank(line: Decision) -> tuple[str, ...]:
    """The later, and of one instant always the same one, whatever they are told of."""
    return (line.moment, line.source, line.evidence, *line.scope, line.address, line.detail)
