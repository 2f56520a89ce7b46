"""What a journey's messages cost never comes to more than its budget, and is counted to the end."""

from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from shared.aws.purse import Purse
from shared.domain.journeys.money import Spend
from shared.errors import RapportError, TransientError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.functions.dispatch_message.test_fallback import through
from tests.functions.dispatch_message.test_usecase import refused
from tests.functions.dispatch_message.world import PROFILES, SETTINGS, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

TEXT = 8_300  # millionths of a dollar for a segment of a text message; an email is 100
PHONE = "+14255550120"
PEOPLE = ("ada", "bob", "eve")


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    for name in PEOPLE:
        phone = f"+1425555012{PEOPLE.index(name)}"
        world.add_person(name, first_name=name, email=f"{name}@example.com", phone=phone)
    world.set_journey("published", budget={"amount_minor": 1})
    return world


def spent(world: World, subject: str = "hello@total") -> int:
    return Purse(world.dynamodb, PROFILES).spent("default", subject)


def test_the_first_message_that_does_not_fit_stays_here_and_the_journey_hears_of_it(world: World):
    assert world.dispatch().dispatch(world.request("ada", "reminder")) == "sent"
    assert spent(world) == TEXT
    second = world.request("bob", "reminder")
    assert world.dispatch().dispatch(second) == "suppressed"
    assert world.message(second)["reason"] == "money_budget"
    assert len(world.mailbox) == 1
    told = {"workspace_id": "default", "journey_id": "hello", "micros": TEXT}
    assert world.heard.told == [{"spent": told}]
    assert spent(world) == TEXT, "what did not go out is not counted"
    assert world.dispatch().dispatch(world.request("eve")) == "sent", "an email fits still"
    assert spent(world) == TEXT + 100


def test_a_long_text_is_charged_by_its_segments(world: World):
    world.set_journey("published", budget={"amount_minor": 10})
    world.set_catalog(
        "TEMPLATE#reminder", {"template_id": "reminder", "channel": "sms", "text": "a" * 161}
    )
    assert world.dispatch().dispatch(world.request("ada", "reminder")) == "sent"
    assert spent(world) == 2 * TEXT


def test_without_a_budget_nothing_is_counted(world: World):
    world.set_journey("published")
    assert world.dispatch().dispatch(world.request("ada", "reminder")) == "sent"
    assert spent(world) == 0


def test_a_day_of_the_workspace_has_money_of_its_own(world: World):
    world.set_journey("published", budget={"amount_minor": 1, "per": "day"})
    assert world.dispatch().dispatch(world.request("ada", "reminder")) == "sent"
    assert spent(world, "hello@2026-11-22") == TEXT


@pytest.mark.parametrize("why", ["rejected", "busy", "ended"])
def test_what_surely_was_not_sent_is_given_back(world: World, why: str):
    request = world.request("ada", "reminder")
    match why:
        case "rejected":
            world.mailbox.refuse(refused("InvalidParameter"))
            assert world.dispatch().dispatch(request) == "rejected"
        case "busy":
            world.mailbox.refuse(refused("Throttling", 429))
            with pytest.raises(TransientError):
                world.dispatch().dispatch(request)
        case _:
            world.enrol("ada", "exited", ended_by="exit_rule")
            assert world.dispatch().dispatch(request) == "suppressed"
    assert spent(world) == 0


STORIES = ("nothing", "opted out meanwhile", "refused")


@pytest.mark.parametrize("story", STORIES)
def test_wherever_somebody_dies_what_is_counted_is_what_may_have_been_sent(
    empty_profiles: Any, dynamodb: Any, story: str
):
    """Every call meets every fault; then the queue brings the message until it has ended."""

    def first(line: Line) -> World:
        empty_profiles()
        world = World(dynamodb)
        world.add_person("ada", first_name="Ada", email="ada@example.com", phone=PHONE)
        world.set_journey("published", budget={"amount_minor": 1})
        if story == "refused":
            world.mailbox.refuse(refused("InvalidParameter"))
        with suppress(KilledError, Exception):
            through(world, line).dispatch(world.request("ada", "reminder"))
        return world

    whole = Line()
    first(whole)
    for number, fault in product(range(1, len(whole.calls) + 1), FAULTS):
        world = first(Line({number: fault}))
        if story == "opted out meanwhile":
            world.refuse("ada")
        request = world.request("ada", "reminder")
        for _ in range(3):
            world.clock.pass_lease()
            with suppress(RapportError):
                world.dispatch().dispatch(request)
        row = world.message(request)
        assert row["status"] in ("sent", "unknown", "suppressed", "rejected")
        counted = spent(world)
        assert counted == row.get("paid", 0), (number, fault)
        if row["status"] in ("suppressed", "rejected"):
            assert counted == 0, (number, fault)
        elif len(world.mailbox):
            assert counted == TEXT, (number, fault)
        assert len(world.mailbox.calls) <= 1


def test_a_second_try_of_what_nobody_knows_pays_for_itself(world: World):
    world.set_catalog("SETTINGS", {**SETTINGS, "resend_unknown_after": "PT1H"})
    world.set_journey("published", budget={"amount_minor": 10})
    world.mailbox.refuse(refused("InternalFailure", 500))
    request = world.request("ada", "reminder", purpose="transactional")
    assert world.dispatch().dispatch(request) == "unknown"
    world.mailbox.refuse(lambda address: None)
    world.clock.now += timedelta(hours=1)
    assert world.dispatch().dispatch(request) == "sent"
    assert spent(world) == 2 * TEXT, "both may have been sent"


class Meanwhile:
    """A client before whose first read of what was spent somebody else goes."""

    def __init__(self, client: Any, others: Any) -> None:
        self._client, self._others = client, others

    def __getattr__(self, name: str) -> Any:
        if name == "query" and self._others:
            others, self._others = self._others, None
            others()
        return getattr(self._client, name)


@pytest.mark.parametrize("room", [1, 2, 3])
def test_however_many_take_at_the_same_instant_no_more_than_the_budget_is_taken(
    world: World, dynamodb: Any, profiles_table: str, room: int
):
    """Each takes between another's taking and looking: the worst that three can do."""
    spend = Spend("hello@total", TEXT, room * TEXT)
    taken: list[str] = []

    def take(*names: str) -> None:
        name, *rest = names
        client = Meanwhile(dynamodb, (lambda: take(*rest)) if rest else None)
        if Purse(client, profiles_table).take(world.request(name), "requested", spend):
            taken.append(name)

    take(*PEOPLE)
    assert len(taken) <= room
    assert Purse(dynamodb, profiles_table).spent("default", "hello@total") == len(taken) * TEXT
    if room == len(PEOPLE):
        assert len(taken) == room
