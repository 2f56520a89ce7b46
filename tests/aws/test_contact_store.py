"""Ledgers and windows in their rows: one version decides, also over merges."""

from datetime import timedelta

import pytest

from shared.aws.contact_store import ContactStore, SeenLedger
from shared.aws.transactions import transact
from shared.domain.messages.ledger import NOTHING, Ledger, Use
from shared.domain.messages.windows import Needed, digest_of
from shared.errors import ConflictError
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import NOON, PROFILES, World

WS = "default"
SERVICE = Needed("wechat_service")
USE = Use(NOON, "email", "marketing")


@pytest.fixture
def world() -> World:
    world = World(TinyStore())
    for name in ("ada", "bob"):
        world.add_person(name, email=f"{name}@example.com")
    return world


@pytest.fixture
def store(world: World) -> ContactStore:
    return ContactStore(world.dynamodb, PROFILES)


def write(store: ContactStore, world: World, seen: SeenLedger, after: Ledger) -> None:
    transact(world.dynamodb, [store.writing(WS, seen, after)], pauses=())


def test_of_two_who_read_the_same_ledger_one_writes(store: ContactStore, world: World):
    first = second = store.ledger(WS, "ada", ["ada"])
    assert (first.version, first.ledger) == (0, NOTHING)
    write(store, world, first, NOTHING.took("m1", USE))
    with pytest.raises(ConflictError):
        write(store, world, second, NOTHING.took("m2", USE))
    again = store.ledger(WS, "ada", ["ada"])
    assert (again.version, dict(again.ledger.used)) == (1, {"m1": USE})
    write(store, world, again, again.ledger.took("m2", USE))
    assert store.ledger(WS, "ada", ["ada"]).ledger.used.keys() == {"m1", "m2"}


def test_a_merge_moves_both_ledgers_to_the_root_and_shuts_out_who_saw_them_apart(
    store: ContactStore, world: World
):
    apart = store.ledger(WS, "bob", ["bob"])
    write(store, world, apart, NOTHING.took("m1", USE))
    apart = store.ledger(WS, "bob", ["bob"])

    together = store.ledger(WS, "ada", ["ada", "bob"])

    assert together.ledger.used.keys() == {"m1"}
    with pytest.raises(ConflictError):
        write(store, world, apart, apart.ledger.took("m2", USE))
    assert store.ledger(WS, "ada", ["ada", "bob"]) == together


def test_a_merge_shuts_out_also_who_saw_no_ledger_at_all(store: ContactStore, world: World):
    apart = store.ledger(WS, "bob", ["bob"])
    store.ledger(WS, "ada", ["ada", "bob"])
    with pytest.raises(ConflictError):
        write(store, world, apart, NOTHING.took("m1", USE))


def test_a_claim_that_was_faster_than_the_move_goes_with_it(store: ContactStore, world: World):
    """The move is decided on what it saw; if that has changed, it is decided again."""
    apart = store.ledger(WS, "bob", ["bob"])
    original, done = world.dynamodb.transact_write_items, []

    def first_the_claim(**request: object) -> object:
        if not done:
            done.append(True)
            write(store, world, apart, NOTHING.took("m1", USE))
        return original(**request)

    world.dynamodb.transact_write_items = first_the_claim
    with pytest.raises(ConflictError):
        store.ledger(WS, "ada", ["ada", "bob"])
    world.dynamodb.transact_write_items = original
    assert store.ledger(WS, "ada", ["ada", "bob"]).ledger.used.keys() == {"m1"}


def test_who_is_alone_again_has_a_ledger_of_their_own_again(store: ContactStore, world: World):
    write(store, world, store.ledger(WS, "bob", ["bob"]), NOTHING.took("m1", USE))
    store.ledger(WS, "ada", ["ada", "bob"])
    with pytest.raises(ConflictError):
        store.ledger(WS, "bob", ["bob"])  # opened, and to be read again with whose it is
    alone = store.ledger(WS, "bob", ["bob"])
    assert alone.ledger == NOTHING
    write(store, world, alone, NOTHING.took("m2", USE))
    assert store.ledger(WS, "ada", ["ada", "bob"]).ledger.used.keys() == {"m1", "m2"}


def test_what_came_to_nothing_is_forgotten_once(store: ContactStore, world: World):
    write(store, world, store.ledger(WS, "ada", ["ada"]), NOTHING.took("m1", USE))
    store.forget(WS, "ada", "m1")
    seen = store.ledger(WS, "ada", ["ada"])
    assert (seen.version, seen.ledger) == (2, NOTHING)
    store.forget(WS, "ada", "m1")
    store.forget(WS, "nobody", "m1")
    assert store.ledger(WS, "ada", ["ada"]) == seen


def test_nothing_is_put_beside_who_is_gone(store: ContactStore, world: World):
    with pytest.raises(ConflictError):
        store.ledger(WS, "gone", ["gone", "bob"])
    assert f"{WS}#P#gone" not in world.dynamodb.tables[PROFILES]


# --- windows --------------------------------------------------------------------------------------


def act(store: ContactStore, name: str, at: timedelta = timedelta()) -> bool:
    return store.open_window(WS, "ada", SERVICE, "nobody-ada", "message", act_id=name, at=NOON + at)


def test_a_window_is_opened_once_by_an_act_and_found_over_all_strands(store: ContactStore):
    assert act(store, "a1")
    assert not act(store, "a1")
    [window] = store.windows(WS, ["bob", "ada"], [SERVICE])
    assert (window.strand_id, window.left) == ("ada", 5)
    assert window.digest == digest_of("nobody-ada")
    assert store.windows(WS, ["bob", "ada"], [Needed("subscription", "T#1")]) == ()


def test_a_window_gives_as_often_as_it_may_and_never_more(store: ContactStore, world: World):
    act(store, "a1")
    [window] = store.windows(WS, ["ada"], [SERVICE])
    for _ in range(5):
        transact(world.dynamodb, [store.taking(WS, window, NOON)], pauses=())
    with pytest.raises(ConflictError):
        transact(world.dynamodb, [store.taking(WS, window, NOON)], pauses=())
    store.give_back(WS, window)
    with pytest.raises(ConflictError):
        transact(world.dynamodb, [store.taking(WS, window, NOON + timedelta(hours=48))], pauses=())
    transact(world.dynamodb, [store.taking(WS, window, NOON)], pauses=())


def test_a_consent_that_is_given_back_stays_beside_the_ones_since(
    store: ContactStore, world: World
):
    needed = Needed("subscription", "S-1")
    for number in (1, 2):
        at, name = NOON + timedelta(hours=number), f"a{number}"
        store.open_window(WS, "ada", needed, "nobody-ada", "subscribed", act_id=name, at=at)
        if number == 1:
            [window] = store.windows(WS, ["ada"], [needed])
            transact(world.dynamodb, [store.taking(WS, window, at)], pauses=())
    store.give_back(WS, window)
    assert store.windows(WS, ["ada"], [needed])[0].left == 2


def test_what_is_given_back_after_a_new_act_does_not_add_to_it(store: ContactStore, world: World):
    act(store, "a1")
    [window] = store.windows(WS, ["ada"], [SERVICE])
    transact(world.dynamodb, [store.taking(WS, window, NOON)], pauses=())
    act(store, "a2", timedelta(hours=49))
    store.give_back(WS, window)
    assert store.windows(WS, ["ada"], [SERVICE])[0].left == 5
