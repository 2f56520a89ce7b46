"""A trial says what other rules would come to, and is right: they come to it when adopted."""

import json

from hypothesis import event, given, settings

from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.trial import Trial
from tests.domain.identity.generators import claim_lists, rulebooks, small_rules
from tests.domain.identity.making import anonymous, claim, email, user
from tests.domain.identity.oracle import Oracle
from tests.domain.identity.worlds import World


def trial_of(world, rules):
    trial = Trial(rulebook_of(rules))
    for dispute in world.disputes.values():
        trial.dispute(dispute)
    for profile_id in world.graphs:
        trial.know(world.graph(profile_id))
    return trial


@settings(max_examples=200)
@given(rulebooks, rulebooks, claim_lists())
def test_a_trial_foretells_who_merges_and_who_parts(before, after, claims):
    world = World(before)
    world.take(claims)
    report = trial_of(world, after).report()
    today, then = world.people(), Oracle(claims, after).people
    assert (report.people_before, report.people_after) == (len(today), len(then))
    splitting = [old for old in today if not any(old <= new for new in then)]
    merging = [old for old in today if any(old & new and new - old for new in then)]
    assert (report.splitting, report.merging) == (len(splitting), len(merging))
    event(f"merging {min(report.merging, 2)}, splitting {min(report.splitting, 2)}")
    assert json.loads(json.dumps(report.to_json()))["splitting"] == len(splitting)


def test_examples_name_the_people_the_groups_and_the_link():
    rules = small_rules(identifiers=100, links_a_day=50)
    world = World(rules)
    world.take([claim(user("ada"), anonymous("phone"))])
    world.take([claim(user("ada"), anonymous("laptop"))])
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
    assert [(link.left, link.reason) for link in split.because] == [(anonymous("laptop"), "limit")]
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
