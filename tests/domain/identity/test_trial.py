"""A trial says what other rules would come to, and is right: they come to it when adopted."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.domain.identity.claims import claim_of
from shared.domain.identity.evidence import edges_of
from shared.domain.identity.resolution import Claim, Dispute
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.trial import EXAMPLES, Change, Decisive, Trial, TrialReport
from shared.domain.identity.unmerge import Order, unmerge_link
from tests.domain.identity.generators import START, claim_lists, rulebooks, small_rules
from tests.domain.identity.making import anonymous, claim, device, email, user
from tests.domain.identity.oracle import Oracle, links_of
from tests.domain.identity.worlds import World

FAR = START + timedelta(days=400)


def trial_of(world, rules):
    trial = Trial(rulebook_of(rules))
    for dispute in world.disputes.values():
        trial.dispute(dispute)
    for profile_id in world.graphs:
        trial.know(world.graph(profile_id))
    return trial


def single_links(claims):
    """The same evidence as claims of one link each, beside what each identifier was seen in."""
    for each in claims:
        for other in each.identifiers[1:]:
            yield replace(each, identifiers=(each.identifiers[0], other))
        for identifier in each.identifiers:
            yield replace(each, identifiers=(identifier,))


def expected_report(world, claims, after, blocked, cuts):
    """A report out of sets of people of today and of the oracle's."""
    told = [each for each in single_links(claims) if blocked.isdisjoint(each.identifiers)]
    oracle = Oracle(told, after, cuts)
    today = [*map(sorted, world.people())]
    gone = [(each,) for each in sorted(blocked & world.strands.keys())]
    then = [*map(tuple, map(sorted, oracle.people)), *gone]
    messages = {pair: each.message_id for pair, each in links_of(told).items()}

    def link(pair, reason):
        return Decisive(*sorted(pair), messages[pair], reason)

    def across(pair):
        return len({world.owner(end) for end in pair}) > 1

    merges = []
    for group in then:
        people = [old for old in today if {*old} & {*group}]
        if len(people) > 1:
            ends = {end for old in people for end in old}
            because = [
                link(pair, None) for pair, _ in oracle.joints if across(pair) and pair & ends
            ]
            merges.append((people, [group], because))
    splits = []
    for old in today:
        parts = [group for group in then if {*old} & {*group}]
        if len(parts) > 1:
            because = [
                link(pair, reasons[0])
                for pair, reasons in oracle.refused.items()
                if not across(pair) and pair & {*old}
            ]
            splits.append(([old], parts, because))

    def change(before, after, because):
        groups = [tuple(sorted(map(tuple, each))) for each in (before, after)]
        return Change(*groups, tuple(sorted(because)))

    return TrialReport(
        people_before=len(today),
        people_after=len(then),
        merging=len({tuple(old) for people, _, _ in merges for old in people}),
        merged_into=len(merges),
        splitting=len(splits),
        split_into=len({part for _, parts, _ in splits for part in parts}),
        blocked=len(gone),
        merges=tuple(change(*each) for each in sorted(merges, key=lambda each: each[1])),
        splits=tuple(change(*each) for each in sorted(splits, key=lambda each: each[0])),
    )


@settings(max_examples=120)
@given(rulebooks, rulebooks, claim_lists(), st.sampled_from(["", "", "a", "ab"]), st.data())
def test_a_trial_foretells_who_merges_and_who_parts_and_by_which_links(
    before, after, claims, values, data
):
    world = World(before)
    world.take(claims)
    cuts = set()
    if data.draw(st.booleans()):
        pair = data.draw(st.sampled_from([*combinations(sorted(world.strands), 2)] or [None]))
        if pair:
            order = Order("cut-1", "mei", START)
            known = world.everybody()
            world.write(unmerge_link(known, *pair, order, world.rulebook).resolution)
            cuts.add(frozenset(pair))
    blocking = after.model_copy(update={"blocked": tuple(values)})
    blocked = {each for each in world.strands if each.value in values}
    report = trial_of(world, blocking).report()
    assert report == expected_report(world, claims, after, blocked, cuts)
    event(f"merging {min(report.merging, 2)}, splitting {min(report.splitting, 2)}")
    said = json.loads(json.dumps(report.to_json()))
    assert said["splitting"] == report.splitting


def test_changes_come_in_the_order_of_their_least_identifiers():
    """However the identifiers of somebody were met: here the least one comes last."""
    rules = small_rules(identifiers=100, links_a_day=50)
    kinds = tuple(rule.model_copy(update={"limit": 9}) for rule in rules.kinds)
    world = World(rules)
    joined = [(anonymous(f"a{n}"), email(f"e{n}"), user(f"u{9 - n}")) for n in range(4)]
    for weak, mail, name in joined:
        world.take([claim(name, minutes=0)])
        world.take([claim(mail, weak)])
    trial = trial_of(world, rules.model_copy(update={"kinds": kinds}))
    for _, mail, name in joined:
        (edge,) = edges_of(claim(name, mail, proof="server"))
        trial.dispute(Dispute(edge, "limit", "", ""))
    assert [merge.after[0] for merge in trial.report().merges] == joined


def test_a_report_in_json_names_identifiers_by_kind_and_value():
    left, right = email("a"), user("b")
    change = Change(((left,), (right,)), ((left, right),), (Decisive(left, right, "m1", None),))
    report = TrialReport(
        people_before=1, people_after=2, merging=3, merged_into=4, splitting=5, split_into=6,
        blocked=7, merges=(change,), splits=(),
    )  # fmt: skip
    named_left, named_right = {"kind": "email", "value": "a"}, {"kind": "user_id", "value": "b"}
    assert report.to_json() == {
        "people_before": 1, "people_after": 2, "merging": 3, "merged_into": 4, "splitting": 5,
        "split_into": 6, "blocked": 7,
        "merges": [
            {
                "before": [[named_left], [named_right]],
                "after": [[named_left, named_right]],
                "because": [
                    {"left": named_left, "right": named_right, "message_id": "m1", "reason": None}
                ],
            }
        ],
        "splits": [],
    }  # fmt: skip


def test_of_many_changes_the_first_twenty_are_told_and_twenty_identifiers_of_each():
    rules = small_rules(identifiers=100, links_a_day=50, weak=60)
    world = World(rules)
    world.take([claim(user(f"u{n:02}"), anonymous(f"a{n:02}")) for n in range(22)])
    world.take([claim(user("u00"), anonymous(f"x{n:02}")) for n in range(30)])
    nobody = rules.model_copy(update={"blocked": tuple(f"a{n:02}" for n in range(22))})
    report = trial_of(world, nobody).report()
    assert (report.splitting, report.split_into, report.blocked) == (22, 44, 22)
    assert [each.before[0][0] for each in report.splits] == [
        anonymous(f"a{n:02}") for n in range(EXAMPLES)
    ]
    first = report.splits[0]
    held = sorted([anonymous("a00"), user("u00"), *(anonymous(f"x{n:02}") for n in range(30))])
    assert first.before == (tuple(held[:20]),)
    assert first.after == ((anonymous("a00"),), tuple(held[1:21]))


def test_what_other_rules_spell_the_same_is_one():
    rules = small_rules(identifiers=100, links_a_day=50)
    kinds = tuple(
        rule.model_copy(update={"normalise": "email"}) if rule.kind == "email" else rule
        for rule in rules.kinds
    )
    world = World(rules)
    first = claim(user("ada"), email("Ada@mail.example"))
    world.take([first, claim(anonymous("a"), email("ada@mail.example"))])
    report = trial_of(world, rules.model_copy(update={"kinds": kinds})).report()
    assert (report.people_before, report.people_after) == (2, 1)
    assert (report.merging, report.merged_into, report.blocked) == (2, 1, 0)
    (merge,) = report.merges
    assert merge.after == (tuple(sorted(world.strands)),)
    link = Decisive(email("ada@mail.example"), user("ada"), first.message_id, None)
    assert merge.because == (link,)


def test_examples_name_the_people_the_groups_and_the_link():
    rules = small_rules(identifiers=100, links_a_day=50)
    world = World(rules)
    world.take([claim(user("ada"), anonymous("phone"))])
    second = claim(user("ada"), anonymous("laptop"))
    world.take([second])
    lonely = rules.model_copy(
        update={
            "kinds": tuple(
                rule.model_copy(update={"limit": 1}) if rule.kind == "anonymous_id" else rule
                for rule in rules.kinds
            )
        }
    )
    report = trial_of(world, lonely).report()
    (split,) = report.splits
    assert split.before == (tuple(sorted([user("ada"), anonymous("phone"), anonymous("laptop")])),)
    assert set(split.after) == {
        (anonymous("laptop"),),
        (anonymous("phone"), user("ada")),
    }
    assert split.because == (
        Decisive(anonymous("laptop"), user("ada"), second.message_id, "limit"),
    )
    assert (report.merging, report.blocked) == (0, 0)


def test_a_blocked_value_leaves_its_person_in_a_trial():
    rules = small_rules(identifiers=100, links_a_day=50)
    world = World(rules)
    world.take([claim(user("ada"), anonymous("kiosk"))])
    report = trial_of(world, rules.model_copy(update={"blocked": ("kiosk",)})).report()
    assert (report.blocked, report.splitting, report.split_into) == (1, 1, 2)
    assert report.people_after == 2


def test_events_that_are_heard_again_tell_what_the_rules_did_not_let_through(make_event):
    strict = small_rules().model_copy(update={"blocked": ("kiosk",)})
    world = World(strict)
    ada = make_event(type="identify", user_id="ada", anonymous_id="kiosk")
    ben = make_event(type="track", user_id=None, anonymous_id="kiosk")
    world.take([claim(user("ada"))])
    trial = trial_of(world, small_rules())
    trial.hear(ada)
    trial.hear(ben)
    report = trial.report()
    assert (report.people_before, report.people_after, report.splitting) == (1, 1, 0)


EVENTS = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from([None, "ada", "ben"]),
        "anonymous_id": st.sampled_from([None, "a", "b"]),
        "context": st.sampled_from(["m", "n", None]).map(
            lambda mail: {"traits": {"email": mail}} if mail else {}
        ),
        "server": st.booleans(),
        "proof": st.sampled_from([None, None, "hash", "import"]),
        "occurred_at": st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
    }
)


@settings(max_examples=100)
@given(st.lists(EVENTS, min_size=1, max_size=8), rulebooks)
def test_events_that_are_heard_again_weigh_what_they_did(make_event, fields, rules):
    """Everybody stands alone today, so that only the events say who is one."""
    events = [make_event(type="track", received_at=START, **each) for each in fields]
    vouched = [each.proof or ("server" if each.server else "none") for each in events]
    claims = [
        claim_of(event, rulebook_of(rules), proof)
        for event, proof in zip(events, vouched, strict=True)
    ]
    claims = [each for each in claims if each.identifiers]
    world = World(rules)
    for each in sorted({each for told in claims for each in told.identifiers}):
        world.take([Claim(message_id="", source_id="", at=FAR, identifiers=(each,))])
    trial = trial_of(world, rules)
    for event_ in events:
        trial.hear(event_)
    assert trial.report() == expected_report(world, claims, rules, set(), set())


def test_a_cut_stands_for_no_link(make_event):
    rules = small_rules(identifiers=100, links_a_day=50)
    world = World(rules)
    world.take([claim(user("ada"), anonymous("a")), claim(user("ben"))])
    order = Order("cut-1", "mei", START)
    pairs = [(user("ada"), anonymous("a")), (user("ben"), anonymous("a"))]
    for pair in pairs:
        done = unmerge_link(world.everybody(), *pair, order, world.rulebook)
        world.write(done.resolution)
    report = trial_of(world, rules).report()
    assert (report.people_before, report.people_after) == (3, 3)
    other = trial_of(world, rules)
    for user_id in ("ada", "ben"):
        other.hear(make_event(user_id=user_id, anonymous_id="a"))
    assert other.report() == report, "whatever is told, it stays cut"


@pytest.mark.parametrize(("torn", "takers"), [(anonymous, user), (device, anonymous)])
def test_whoever_would_be_torn_between_two_is_told_of_with_both_links(torn, takers):
    """Whether the torn one stands at the left or at the right end of the links."""
    rules = small_rules(identifiers=100, links_a_day=50)
    kinds = tuple(rule.model_copy(update={"limit": 1}) for rule in rules.kinds)
    world = World(rules)
    world.take([claim(torn("x"), torn("y")), claim(takers("q")), claim(takers("r"))])
    trial = trial_of(world, rules.model_copy(update={"kinds": kinds}))
    made = [claim(takers(name), torn(value), minutes=-9) for name, value in ("qx", "ry")]
    edges = [edge for each in made for edge in edges_of(each)]
    for edge in edges:
        trial.dispute(Dispute(edge, "limit", "", ""))
    report = trial.report()
    links = tuple(sorted(Decisive(*edge.pair, edge.message_id, None) for edge in edges))
    assert [merge.because for merge in report.merges] == [links, links]
    assert [merge.after for merge in report.merges] == [(edge.pair,) for edge in sorted(edges)]


def test_an_example_of_people_who_would_merge_names_the_link_that_joins_them():
    world = World(small_rules())
    world.take([claim(user("ada"), email("ada@mail.example"))])
    world.take([claim(user("ben"), email("ben@mail.example"))])
    linking = claim(user("ada"), email("ben@mail.example"), proof="server")
    world.take([linking])
    assert len(world.people()) == 2, "two user ids are two people"
    loose = small_rules(identifiers=100, links_a_day=50)
    loose = loose.model_copy(
        update={"kinds": tuple(k.model_copy(update={"limit": 9}) for k in loose.kinds)}
    )
    report = trial_of(world, loose).report()
    assert (report.merging, report.splitting, report.people_after) == (2, 0, 1)
    (merge,) = report.merges
    assert [(link.left, link.right, link.reason) for link in merge.because] == [
        (email("ben@mail.example"), user("ben"), None)
    ]
    assert len(merge.before) == 2
    assert len(merge.after) == 1
