"""An event that somebody else writes at the same time is tried again, and ends no replay."""

from dataclasses import replace

import pytest

from functions.replay_lake.usecase import ReplayLake
from shared.aws.profile_store import ProfileStore
from shared.domain.identity.graph import Identifier
from shared.domain.messages.sent import message_sent
from shared.domain.recovery.progress import Replay
from shared.errors import ConflictError, TransientError
from tests.conftest import PROFILES_TABLE
from tests.functions.dispatch_message.world import World as Requests
from tests.functions.replay_lake.history import first_half
from tests.functions.replay_lake.world import World


class Busy:
    """Strands of which every row is written by somebody else just now."""

    def __init__(self, strands):
        self.profile = strands.profile

    def add_event(self, profile_id, event):
        raise ConflictError("somebody else was faster")


def test_a_busy_row_is_no_other_worker(make_event):
    world = World(make_event)
    first_half(world)
    ada = Identifier("user_id", "ada")
    strand = world.applying().identity.sightings("default", [ada])[ada].strand_id
    snapshot = world.snapshot()
    sent = message_sent(Requests(world.table).request(strand), "email", world.now)
    ProfileStore(world.table, PROFILES_TABLE).add_event(strand, sent)
    world.flow()
    world.lose(snapshot)
    day = world.now.date().isoformat()
    world.replays().add(
        Replay(
            workspace_id="default",
            replay_id="r1",
            created_at=world.now,
            updated_at=world.now,
            from_day=day,
        )
    )
    ports = world.replay_lake()._ports
    busy = ReplayLake(replace(ports, strands=Busy(ports.strands)))
    with pytest.raises(TransientError):  # the queue brings it again
        busy.carry_on("default", "r1", lambda: False)
    assert world.replay(from_day=day).is_done
    assert ports.strands.has_event(strand, sent)
