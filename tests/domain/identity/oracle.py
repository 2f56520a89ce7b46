"""Who is one person, by brute force: written after the documentation, sharing only the types.

It keeps plain sets. For each link, in the documented order, it makes the union of both sides and
counts everything in it again from scratch.
"""

from dataclasses import replace
from datetime import timedelta

VOUCHED = ("server", "operator", "import")
PROVEN = (*VOUCHED, "hash")
PLACES = {(True, True): 1, (True, False): 2, (False, True): 3, (False, False): 4}


class Oracle:
    """Takes all claims at once; `people` are sets of identifiers, `refused` pairs with all reasons.

    Reasons stand in the order in which they are asked for: the first is the one that is told.
    """

    def __init__(self, claims, rules, cuts=()):
        self.rules = rules
        self.kinds = [rule.kind for rule in rules.kinds]
        self.strong_kinds = {rule.kind for rule in rules.kinds if rule.strength == "strong"}
        self.first = {}
        for claim in claims:
            for each in claim.identifiers:
                self.first[each] = min(self.first.get(each, claim.at), claim.at)
        self.side = {each: frozenset([each]) for each in self.first}
        self.joints = []
        self.refused = {}
        for pair, claim in sorted(links_of(claims).items(), key=self.place):
            if pair not in cuts:
                self.take(pair, claim)
        self.people = set(self.side.values())

    def is_strong(self, identifier):
        return identifier.kind in self.strong_kinds

    def place(self, item):
        pair, claim = item
        stronger, weaker = sorted(self.kinds.index(end.kind) for end in pair)
        both_strong = all(map(self.is_strong, pair))
        proven = claim.proof in (VOUCHED if both_strong else PROVEN)
        group = PLACES[both_strong, proven]
        ranks, time = (weaker, stronger), (claim.at, claim.message_id)
        return group, (ranks, time) if proven else (time, ranks), sorted(pair)

    def take(self, pair, claim):
        one, other = pair
        if self.side[one] != self.side[other]:
            if reasons := [*self.objections(one, other, claim)]:
                self.refused[pair] = reasons
                return
            both = self.side[one] | self.side[other]
            for each in both:
                self.side[each] = both
            self.joints.append((pair, claim.at.date()))

    def objections(self, one, other, claim):
        x, y = self.side[one], self.side[other]
        strong_x, strong_y = set(filter(self.is_strong, x)), set(filter(self.is_strong, y))
        weak_end = not (self.is_strong(one) and self.is_strong(other))
        if weak_end and {i.kind for i in strong_x} & {i.kind for i in strong_y}:
            yield "kept_apart"
        if any(self.most_at_once(rule, x | y) > rule.limit for rule in self.rules.kinds):
            yield "limit"
        if claim.proof not in PROVEN and strong_x - {one} and strong_y - {other}:
            yield "unproven"
        if len(x | y) > self.rules.breaker.identifiers:
            yield "breaker"
        if self.busiest_day(x, y, claim.at.date()) > self.rules.breaker.links_a_day:
            yield "breaker"

    def most_at_once(self, rule, people):
        dates = [self.first[i].date() for i in people if i.kind == rule.kind]
        if rule.window_days is None:
            return len(dates)
        span = timedelta(days=rule.window_days)
        return max((sum(d <= e < d + span for e in dates) for d in dates), default=0)

    def busiest_day(self, x, y, today):
        """Joins on one day, of the days to which the join itself adds."""
        days_x = [day for pair, day in self.joints if pair <= x]
        days_y = [day for pair, day in self.joints if pair <= y]
        shared = (set(days_x) & set(days_y)) | {today}
        return max(days_x.count(d) + days_y.count(d) + (d == today) for d in shared)


def links_of(claims):
    """The best evidence for each pair: vouched for first, then the earliest; a hash adds proof."""
    found = {}
    for claim in claims:
        for other in claim.identifiers[1:]:
            found.setdefault(frozenset((claim.identifiers[0], other)), []).append(claim)
    best = {}
    for pair, who in found.items():
        one = min(who, key=lambda c: (c.proof not in VOUCHED, c.at, c.message_id))
        hashed = one.proof == "none" and any(c.proof == "hash" for c in who)
        best[pair] = replace(one, proof="hash") if hashed else one
    return best
