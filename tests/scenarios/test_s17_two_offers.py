"""S17: "100 off 20" against "buy three pay two" on one segment, and a share that gets neither."""

from collections import Counter

import pytest

from shared.domain.journeys.hashing import ALL, draw
from tests.scenarios.people import TooLateError
from tests.scenarios.playbooks import documents_of
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
DUEL = "offer-duel"
OFFERS = {"hundred-off-twenty": "offer-discount", "buy-three-pay-two": "offer-bundle"}
SEGMENTS = (
    "offer-discount-ordered",
    "offer-bundle-ordered",
    "offer-held-out",
    "offer-held-out-ordered",
)
PEOPLE = 10


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of(DUEL), day=6):
        yield


def nobody_is_inside(admin, world):
    """Nobody of an earlier telling, who would be counted among those of this one."""
    return admin.call("GET", "/figures")["figures"]["journeys"][f"{DUEL}{world}"]["active"] == 0


def figures(admin, world):
    """What an operator reads: how many converted of each group, and what became of the runs."""
    told = admin.call("GET", "/figures")["figures"]
    runs = told["journeys"][f"{DUEL}{world}"]
    ended = (runs["started"], runs["completed"], runs["exited"].get("holdout", 0))
    return Counter({name: told["segments"][f"{name}{world}"] for name in SEGMENTS}) + Counter(
        dict(zip(("started", "completed", "holdout"), ended, strict=True))
    )


def drawn(run):
    """The offer that a trace says was drawn; None for whoever is held out."""
    facts = [fact for entry in run["trace"] for fact in entry.get("because", ())]
    return next((fact["name"] for fact in facts if fact["about"] == "variant"), None)


class Trial:
    """People of the segment, and who of them is held out in which world, by the hash alone."""

    def __init__(self, admin, person):
        self.people = [person() for _ in range(PEOPLE)]
        self.out = set()
        for each in self.people:
            profile_id = each.profile()["profile_id"]
            for world in WORLDS:
                if draw(f"holdout:{DUEL}{world}", profile_id) < int(0.2 * ALL):
                    self.out.add((each, world))
        self.inside = [each for each in self.people if not {(each, w) for w in WORLDS} & self.out]
        self.buyers = list(dict.fromkeys([*self.people[::3], *self.inside[1::3]]))
        for each in self.people:
            for _ in range(3):
                each.does("product_viewed")
            if each in self.buyers:  # one at a time, since a week to order is soon over here
                admin.until(lambda each=each: all(each.runs(DUEL)))
                each.does("order_completed", revenue=130)

    def outcome(self, each):
        """(offer, reason) by world, of somebody whose runs are over."""
        return {
            world: (drawn(run), run["reason"])
            for world, run in zip(WORLDS, each.runs(DUEL), strict=True)
        }

    def expected(self, offers, world):
        """The figures as they follow from who bought and which offer they had."""
        bought = Counter(offers[each, world] for each in self.buyers)
        out = sum((each, world) in self.out for each in self.people)
        counts = (*(bought[offer] for offer in OFFERS), out, bought[None])
        runs = {"started": PEOPLE, "completed": PEOPLE - out, "holdout": out}
        return +Counter({**dict(zip(SEGMENTS, counts, strict=True)), **runs})


def test_both_offers_go_to_like_people_and_conversions_are_counted_by_offer(person, admin):
    admin.until(lambda: all(nobody_is_inside(admin, world) for world in WORLDS))
    before = {world: figures(admin, world) for world in WORLDS}
    trial = Trial(admin, person)
    offers = {}
    for each in trial.people:
        admin.until(
            lambda each=each: all(run and run["status"] != "active" for run in each.runs(DUEL))
        )
        for world, (offer, reason) in trial.outcome(each).items():
            offers[each, world] = offer
            if (each, world) in trial.out:
                assert (offer, reason) == (None, "holdout")
            else:
                assert offer in OFFERS
                if each in trial.buyers and reason == "completed":
                    raise TooLateError(f"{each.user_id} did not order in time")
                assert reason == ("goal" if each in trial.buyers else "completed")
    assert {offer for offer in offers.values() if offer} <= set(OFFERS)
    for each in trial.inside:
        check_inside(each, *(offers[each, world] for world in WORLDS))
    for each in trial.people:
        told = Counter(one["journey_id"] for one in each.profile()["messages"])
        assert told == {f"{DUEL}{w}": 1 for w in WORLDS if (each, w) not in trial.out}
    for world in WORLDS:
        wanted = before[world] + trial.expected(offers, world)
        admin.until(lambda world=world, wanted=wanted: figures(admin, world) == wanted)


def check_inside(each, offer, by_index):
    """Whoever is in by both clocks got the same offer, message and coupon by both."""
    assert by_index == offer
    each.got(DUEL, OFFERS[offer])
    each.rewarded(DUEL, {"coupon": offer})
    each.is_tagged("offer", offer)
    decisions = [decision for _, decision in each.way(DUEL)]
    assert decisions[:5] == ["entered", "drew", "acted", "acted", "requested"]
