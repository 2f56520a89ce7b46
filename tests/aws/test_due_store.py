"""The due index mirrors what is decided, whatever breaks on the way, and is read in order."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.items import from_item, query_items, to_item
from shared.aws.queues import Queue
from shared.domain.due.batches import Due, decode
from shared.domain.due.timing import JUDGED, KEPT, NEAR, SHARDS
from shared.errors import ConflictError, TransientError
from tests.crash.faults import FAULTS, KilledError, Line

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SOON, LATER = NOON + 14 * DAY, NOON + 30 * DAY
NEARBY = NOON + 25 * SECOND + timedelta(milliseconds=400)


class Sqs:
    """Keeps what is sent, with its delay."""

    def __init__(self):
        self.sent = []

    def send_message_batch(self, QueueUrl, Entries):  # noqa: N803
        self.sent += [(decode(e["MessageBody"]), e.get("DelaySeconds", 0)) for e in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class Bench:
    """A person's state beside the due index, and what goes wrong between the two."""

    def __init__(self, dynamodb, table):
        self.dynamodb, self.table = dynamodb, table
        self.sqs = Sqs()
        self.state = None

    def moves(self, before, after, line=None, now=NOON):
        """Decide about Ada on another `due_at`; storing it is one more call of the line."""
        line = line or Line()
        queue = Queue(line.around(self.sqs), "due", pause=lambda seconds: None)
        index = DueIndex(line.around(self.dynamodb), self.table, JUDGED, queue)
        with index.mirror("shop", "ada", before, after, now):
            line.call("state", lambda: self.store(after))

    def store(self, after):
        self.state = after

    def rows(self):
        found = [
            from_item(item)
            for shard in range(SHARDS)
            for item in query_items(
                self.dynamodb,
                TableName=self.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": keys.due_shard("shop", JUDGED, shard)}),
            )
        ]
        return {row["sk"].partition("#")[0]: row for row in found}

    def instants(self):
        return [datetime.fromisoformat(text) for text in sorted(self.rows())]


@pytest.fixture
def bench(dynamodb, profiles_table):
    return Bench(dynamodb, profiles_table)


def test_a_decision_leaves_one_row_that_expires_days_later(bench):
    bench.moves(None, SOON)

    (row,) = bench.rows().values()
    key = keys.due("shop", JUDGED, SOON, "ada")
    assert row == {"pk": key.pk, "sk": key.sk, "expires_at": int((SOON + KEPT).timestamp())}
    assert bench.sqs.sent == []


@pytest.mark.parametrize(("before", "after"), [(None, SOON), (SOON, LATER), (LATER, SOON)])
def test_deciding_again_changes_nothing(bench, before, after):
    bench.moves(None, before)
    for _ in range(2):
        bench.moves(before, after)
    assert bench.instants() == [after]


def test_whoever_is_not_due_any_more_has_no_row(bench):
    bench.moves(None, SOON)
    bench.moves(SOON, None)
    assert bench.instants() == []


def test_nothing_is_called_where_nothing_moves(bench):
    line = Line()
    bench.moves(SOON, SOON, line)
    bench.moves(None, None, line)
    assert line.calls == ["state", "state"]


def test_a_first_decision_costs_one_write_and_a_later_one_in_time_no_more(bench):
    first, after_it_came, earlier = Line(), Line(), Line()
    bench.moves(None, SOON, first)
    bench.moves(SOON, LATER, after_it_came, now=SOON + SECOND)
    bench.moves(LATER, LATER - DAY, earlier, now=SOON + SECOND)
    assert first.calls == ["put_item", "state"]
    assert after_it_came.calls == ["put_item", "state"]  # the row that has come expires by itself
    assert earlier.calls == ["put_item", "state", "delete_item"]


def test_whoever_is_due_within_minutes_is_sent_for_when_the_state_is_stored(bench):
    line = Line()
    bench.moves(None, NEARBY, line)

    assert line.calls == ["put_item", "state", "send_message_batch"]
    ((batch, delay),) = bench.sqs.sent
    assert (batch.workspace_id, batch.names, batch.due_at) == ("shop", ("ada",), NEARBY)
    assert NEARBY <= NOON + delay * SECOND < NEARBY + SECOND
    assert bench.instants() == [NOON + NEAR]


def test_a_state_that_could_not_be_stored_sends_for_nobody(bench):
    bench.moves(None, SOON)
    with pytest.raises(ConflictError):
        _refused(bench, SOON, NEARBY)
    assert bench.sqs.sent == []
    assert SOON in bench.instants()


def _refused(bench, before, after):
    index = DueIndex(bench.dynamodb, bench.table, JUDGED, Queue(bench.sqs, "due"))
    with index.mirror("shop", "ada", before, after, NOON):
        raise ConflictError("somebody else was faster")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("before", "after"), [(None, SOON), (LATER, SOON), (LATER, NEARBY)])
def test_whatever_breaks_a_stored_state_has_a_row_that_is_not_swept_yet(
    bench, empty_profiles, before, after, fault
):
    calls = Line()
    bench.moves(before, after, calls)
    for number in range(1, len(calls.calls) + 1):
        empty_profiles()
        bench.state = None
        if before:
            bench.moves(None, before)
        with suppress(KilledError, Exception):
            bench.moves(before, after, Line({number: fault}))
        if bench.state == after:
            assert max(after, NOON + NEAR) in bench.instants()
        elif before:
            assert before in bench.instants()


@pytest.mark.parametrize("fault", ["throttled", "lost"])
def test_a_table_or_queue_out_of_reach_is_for_later(bench, fault):
    for number in (1, 3):
        with pytest.raises(TransientError):
            bench.moves(None, NEARBY, Line({number: fault}))


# --- reading ----------------------------------------------------------------------------------


@pytest.fixture
def put(dynamodb, profiles_table):
    index = DueIndex(dynamodb, profiles_table, JUDGED, Queue(Sqs(), "due"))

    def put(name, due_at):
        with index.mirror("shop", name, None, due_at, NOON):
            pass

    return put


def read(rows, until, positions=None):
    """All people in the order of each shard, page by page."""
    found = []
    positions = dict(positions or rows.positions("shop"))
    for shard in positions:
        while True:
            page = rows.page("shop", shard, positions[shard], until)
            found += page.due
            positions[shard] = page.position
            if page.is_last:
                break
    return found, positions


def test_people_come_in_the_order_in_which_they_are_due_and_nobody_else(
    dynamodb, profiles_table, put
):
    due = {f"p{n}": SOON + (n * 7919 % 100) * SECOND for n in range(120)}
    for name, at in due.items():
        put(name, at)
    rows = DueRows(dynamodb, profiles_table, JUDGED, page_rows=2)

    until = SOON + 50 * SECOND
    found, positions = read(rows, until)

    assert {each.name: each.due_at for each in found} == {
        name: at for name, at in due.items() if at < until
    }
    again, same = read(rows, until, positions)
    assert (again, same) == ([], positions)
    rest, _ = read(rows, SOON + DAY, positions)
    assert {each.name for each in rest} == {n for n, at in due.items() if at >= until}


def test_workspaces_do_not_see_each_other(dynamodb, profiles_table, put):
    put("ada", SOON)
    rows = DueRows(dynamodb, profiles_table, JUDGED)
    assert all(not rows.page("other", n, "", LATER).due for n in range(SHARDS))


def test_whoever_stands_beyond_the_end_is_given_nothing_and_asks_nothing(profiles_table):
    rows = DueRows(None, profiles_table, JUDGED)  # the table would refuse to be asked
    beyond = f"{keys.due_from(NOON + timedelta(minutes=1))}ada"
    page = rows.page("default", 3, beyond, NOON)
    assert (page.due, page.position, page.is_last) == ((), beyond, True)


def test_how_far_a_sweep_is_holds_until_somebody_else_has_moved_it(dynamodb, profiles_table):
    rows = DueRows(dynamodb, profiles_table, JUDGED)
    begun = rows.positions("shop")
    assert begun == dict.fromkeys(range(SHARDS), "")

    rows.advance("shop", begun, {0: "b", 3: "c"})
    assert rows.positions("shop") == {**begun, 0: "b", 3: "c"}
    with pytest.raises(ConflictError):
        rows.advance("shop", begun, {3: "d"})
    rows.advance("shop", rows.positions("shop"), {3: "d", 5: "a"})
    assert rows.positions("shop") == {**begun, 0: "b", 3: "d", 5: "a"}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-3_600_000, 90 * 86_400_000), min_size=1, max_size=6))
def test_after_any_decisions_there_is_a_row_for_the_last_one(bench, empty_profiles, offsets):
    empty_profiles()
    before = None
    for offset in offsets:
        after = NOON + timedelta(milliseconds=offset)
        bench.moves(before, after)
        before = after
    assert max(before, NOON + NEAR) in bench.instants()


# --- many in one row --------------------------------------------------------------------------


def put_all(bench, dues, line=None, now=NOON):
    line = line or Line()
    queue = Queue(line.around(bench.sqs), "due", pause=lambda seconds: None)
    index = DueIndex(line.around(bench.dynamodb), bench.table, JUDGED, queue)
    return index, index.put_all("shop", [Due(name, at) for name, at in dues.items()], now)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3_600_000), min_size=1, max_size=12))
def test_who_shares_a_row_comes_at_the_own_instant(bench, empty_profiles, offsets):
    empty_profiles()
    dues = {f"p{n}": SOON + timedelta(milliseconds=each) for n, each in enumerate(offsets)}
    _, places = put_all(bench, dues)
    rows = DueRows(bench.dynamodb, bench.table, JUDGED, page_rows=2)
    found, _ = read(rows, SOON + 2 * DAY)
    assert {each.name: each.due_at for each in found} == dues
    assert len(found) == len(dues), "each once"
    assert places.keys() == dues.keys()
    first = min(dues.values())
    early, _ = read(rows, first)
    assert not early, "a row rests until the first of it is due"


def test_a_hundred_are_written_by_one_call(bench):
    _, places = put_all(bench, {f"p{n}": SOON + n * SECOND for n in range(100)})
    [row] = bench.rows().values()
    assert set(places.values()) == {row["sk"]}
    assert row["expires_at"] == int((SOON + KEPT).timestamp())


def test_who_is_due_within_minutes_is_sent_for_once_that_is_stored(bench):
    dues = {"ada": NEARBY, "bob": NEARBY + SECOND, "eve": NOON + NEAR + 5 * SECOND}
    index, _ = put_all(bench, dues)
    assert bench.sqs.sent == [], "nothing is stored yet"
    stored = [Due(name, at) for name, at in dues.items() if name != "bob"]
    index.send_near("shop", stored, NOON)
    assert [(batch.names, delay) for batch, delay in bench.sqs.sent] == [(("ada",), 26)]
    found, _ = read(DueRows(bench.dynamodb, bench.table, JUDGED), NOON + DAY)
    rests = NOON + NEAR
    assert {each.name: each.due_at for each in found} == {
        "ada": rests,
        "bob": rests,
        "eve": dues["eve"],
    }, "before they rest nobody can be certain that they are stored"


def test_one_name_leaves_a_row_and_the_others_stay(bench):
    _, places = put_all(bench, {"ada": SOON, "bob": SOON + SECOND})
    rows = DueRows(bench.dynamodb, bench.table, JUDGED)
    rows.leave("shop", places["ada"], "ada")
    rows.leave("shop", places["ada"], "ada")
    found, _ = read(rows, LATER)
    assert [(each.name, each.due_at) for each in found] == [("bob", SOON + SECOND)]
    rows.leave("shop", places["bob"], "bob")
    assert read(rows, LATER)[0] == []
    key = keys.due_row("shop", JUDGED, places["bob"])
    bench.dynamodb.delete_item(TableName=bench.table, Key=to_item(key._asdict()))
    rows.leave("shop", places["bob"], "bob")  # it has gone by itself
