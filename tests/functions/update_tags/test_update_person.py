from datetime import UTC, datetime, timedelta

from shared.domain.days import day_start
from shared.domain.workspace.model import WorkspaceSettings
from tests.functions.update_tags.conftest import NOON, Wire

A_WEEK_OLD = "2026-11-29T12:00:00.000Z"  # who was first seen at noon
SHANGHAI = WorkspaceSettings(timezone="Asia/Shanghai").zone


def told(bench, person):
    """What was published of a person, each fact in a word or two."""
    words = []
    for fact in bench.facts(person):
        match fact.name:
            case "EventMatched":
                words.append(f"did {fact.event.name}")
            case "LifecycleChanged":
                words.append(f"{fact.stage_before} to {fact.stage_after}")
            case name:
                words.append(f"{name.removeprefix('Segment').lower()} {fact.segment_id}")
    return words


def test_the_first_visit_makes_state_counter_stage_and_membership(bench):
    ada = bench.person()

    bench.deliver([bench.event(ada, "page")])

    rows = bench.rows(ada)
    assert rows["CNT#page#2026-11"]["d22"] == 1
    assert (rows["STATE"]["events"], rows["STATE"]["stage"]) == (1, "new")
    assert rows["SEG#visitors"]["because"] == (
        '[{"about":"event","holds":true,"name":"page","value":1}]'
    )
    assert bench.segments(ada) == {"visitors", "today"}
    assert told(bench, ada) == ["prospect to new", "entered today", "entered visitors"]
    assert bench.members("visitors") == 1


def test_somebody_new_is_among_those_who_did_not_do_what_nobody_new_did(bench):
    order = {"type": "event", "event": "order"}
    named = {"type": "trait", "trait": "name", "operator": "not_exists"}
    bench.catalog.conditions |= {"browsers": {"type": "not", "condition": order}, "unnamed": named}
    ada, bob = bench.person(), bench.person()

    bench.deliver([bench.event(ada, "page"), bench.learn(bob, "INSERT", name="Bob")])
    bench.deliver([bench.event(bob, "other")])

    assert bench.segments(ada) == {"visitors", "today", "browsers", "unnamed"}
    assert bench.segments(bob) == {"browsers"}
    bench.deliver([bench.event(ada, "order")])
    assert told(bench, ada)[-2:] == ["exited browsers", "entered buyers"]


def test_days_are_those_of_the_workspace(bench):
    ada = bench.person()
    late_evening = datetime(2026, 10, 31, 17, tzinfo=UTC)  # 1 November in Shanghai

    bench.deliver([bench.event(ada, "page", at=late_evening)])

    assert bench.rows(ada)["CNT#page#2026-11"]["d01"] == 1


def test_an_event_of_long_ago_is_counted_there_and_makes_nobody_recent(bench):
    ada = bench.person()

    bench.deliver([bench.event(ada, "page", at=NOON - timedelta(days=300))])

    assert bench.rows(ada)["CNT#page#2026-01"]["d26"] == 1
    assert bench.segments(ada) == {"visitors"}
    assert told(bench, ada) == ["prospect to lost", "entered visitors"]


def test_events_that_journeys_refer_to_are_told_in_their_order(bench):
    ada = bench.person()

    bench.deliver([bench.event(ada, name) for name in ("cart", "page", "order", "cart")])

    assert told(bench, ada)[:3] == ["did cart", "did order", "did cart"]


def test_a_matched_event_carries_what_conditions_on_it_need(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "cart", properties={"sku": "灯", "n": 2**64, "deep": [2**64]})])

    (fact,) = (fact for fact in bench.facts(ada) if fact.name == "EventMatched")

    # The bus refuses integers beyond 64 bits, so they travel as floats of the same value.
    assert fact.event.properties == {"sku": "灯", "n": 2.0**64, "deep": [2.0**64]}
    assert isinstance(fact.event.properties["n"], float)
    assert fact.occurred_at == NOON


def test_a_flip_goes_both_ways(bench):
    ada = bench.person()

    bench.deliver([bench.event(ada, "page") for _ in range(3)])
    assert "hesitating" in bench.segments(ada)
    bench.deliver([bench.event(ada, "order")])

    assert bench.segments(ada) == {"visitors", "today", "buyers"}
    assert bench.rows(ada)["SEG#hesitating"]["flips"] == 2
    assert bench.members("hesitating") == 0
    assert told(bench, ada)[-2:] == ["entered buyers", "exited hesitating"]


def test_a_trait_that_changes_moves_the_segments_that_refer_to_it(bench):
    ada = bench.person()

    bench.deliver([bench.learn(ada, "INSERT", city="上海"), bench.event(ada, "cart")])
    assert bench.segments(ada) == {"shanghai"}

    bench.deliver([bench.learn(ada, city="北京", phone="1")])
    assert bench.segments(ada) == {"ready"}
    assert told(bench, ada)[-2:] == ["entered ready", "exited shanghai"]


def test_a_profile_that_changes_back_and_forth_is_judged_as_it_is_now(bench):
    ada = bench.person()
    old, new = bench.learn(ada, city="上海"), bench.learn(ada, city="北京")

    bench.deliver([old])
    bench.deliver([new])

    assert told(bench, ada) == []


def test_a_membership_whose_time_has_come_is_judged_with_the_next_event(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "page")])
    tomorrow = day_start(NOON.astimezone(SHANGHAI).date() + timedelta(days=1), SHANGHAI)
    assert bench.rows(ada)["STATE"]["due_at"] == "2026-11-22T16:00:00.000Z"

    bench.now = tomorrow - timedelta(milliseconds=1)
    bench.deliver([bench.event(ada, "other", at=bench.now)])
    assert "today" in bench.segments(ada)

    bench.now = tomorrow
    bench.deliver([bench.event(ada, "other", at=bench.now)])
    assert "today" not in bench.segments(ada)
    assert bench.rows(ada)["STATE"]["due_at"] == A_WEEK_OLD


def test_the_next_due_instant_is_the_earliest_of_stage_and_memberships(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "page") for _ in range(3)])
    bench.now = NOON + timedelta(days=1)

    bench.deliver([bench.event(ada, "other", at=bench.now)])

    # `today` is over, and nobody is new for longer than a week.
    assert bench.segments(ada) == {"visitors", "hesitating"}
    assert bench.rows(ada)["STATE"]["due_at"] == A_WEEK_OLD

    # `hesitating` ends when its pages are thirty days old, and with a visit a day that comes first.
    for day in range(2, 22):
        bench.now = NOON + timedelta(days=day)
        bench.deliver([bench.event(ada, "other", at=bench.now)])
    assert bench.rows(ada)["STATE"]["due_at"] == "2026-12-21T16:00:00.000Z"


def test_a_segment_that_is_gone_from_the_catalog_is_never_due_again(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "page")])
    del bench.catalog.conditions["today"]
    bench.now = NOON + timedelta(days=1)

    bench.deliver([bench.event(ada, "other", at=bench.now)])

    assert bench.rows(ada)["STATE"]["due_at"] == A_WEEK_OLD


def test_a_changed_segment_is_judged_by_its_new_condition(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "page")])
    bench.catalog.conditions["visitors"] = {"type": "event", "event": "page", "times": 3}
    bench.catalog.version = 2

    bench.deliver([bench.event(ada, "page")])

    assert bench.segments(ada) == {"today"}
    assert bench.rows(ada)["SEG#visitors"]["version"] == 2


def test_coming_back_wakes_a_person_up(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, "page", at=NOON - timedelta(days=40))])

    bench.deliver([bench.event(ada, "page")])

    assert [words for words in told(bench, ada) if " to " in words] == [
        "prospect to dormant",
        "dormant to active",
    ]
    assert bench.rows(ada)["STATE"]["stage"] == "active"


def test_rows_that_are_nobodys_news_are_passed_over(bench):
    ada = bench.person()
    pk = f"default#P#{ada}"
    others = [
        bench.stream.record("INSERT", pk, "STATE", {"events": 1}),
        bench.stream.record("MODIFY", pk, "CNT#page#2026-11", {"d01": 1}),
        bench.stream.record("MODIFY", pk, "EVT#undated#m", {"body": "{}"}),
        bench.stream.record("REMOVE", pk, "EVT#undated#m", {}),
        bench.stream.record("REMOVE", pk, "PROFILE", {}),
        bench.stream.record("INSERT", "default#I#user_id#ada", "I", {"profile_id": ada}),
    ]
    wire = Wire()

    outcome = bench.deliver(others, wire)

    assert (outcome.people, outcome.failed, wire.calls) == (0, 0, [])


def test_one_person_who_fails_does_not_stop_the_neighbours(bench):
    ada, bob, cid = bench.person(), bench.person(), bench.person()
    broken = bench.event(bob, "page")
    broken["dynamodb"]["NewImage"]["body"]["S"] = "no JSON"

    outcome = bench.deliver([bench.event(ada, "page"), broken, bench.event(cid, "page")])

    assert (outcome.people, outcome.failed) == (3, 1)
    assert bench.segments(ada) == bench.segments(cid) == {"visitors", "today"}
    assert set(bench.rows(bob)) == {"PROFILE"}


def test_a_plan_is_made_again_only_when_the_catalog_changes(bench):
    plans = bench.plans()
    first = plans.of("default")
    assert plans.of("default") is first

    bench.catalog.version = 2
    second = plans.of("default")
    assert second is not first
    bench.catalog.timezone, bench.catalog.version = "UTC", 3
    assert plans.of("default").zone.key == "UTC"
