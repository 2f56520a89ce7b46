"""A small world made of a seed: people, messages, and everything that can come in between.

Messages are asked for, some twice; processes die or lose answers at any call; people opt out, leave
journeys, are erased, merged and parted, between messages or in the middle of a call; the clock goes
on until nothing is left to do. What happened is written down beside the store, so that a test can
hold it to what was promised without asking the code.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Final

from functions.dispatch_message.paying import Paying
from functions.dispatch_message.usecase import Dispatch
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.contact_store import ContactStore
from shared.aws.due_store import DueIndex
from shared.aws.faults import faults_are_transient
from shared.aws.items import to_item
from shared.aws.purse import Purse
from shared.domain.due.batches import decode
from shared.domain.due.timing import DEFERRED
from shared.domain.instants import parse_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.windows import Act, Needed
from shared.errors import ConflictError, TransientError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import NOON, PROFILES, SETTINGS, World

HOUR: Final = timedelta(hours=1)
LEASE_OVER: Final = timedelta(seconds=80)
MOST_FAULTY: Final = 3  # deliveries of one message, before it is left in peace
NAMES: Final = ("ada", "bob", "cem")
ZONES: Final = ("UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu")
WINDOWS: Final = ([], [], ["22:00-08:00"], ["09:00-17:30"], ["00:00-06:00", "12:00-13:00"])
CAPS: Final = (
    [],
    [{"most": 1, "within": "PT6H"}],
    [{"most": 1, "per": "day"}, {"most": 2, "within": "P3D", "channel": "email"}],
    [{"most": 2, "within": "P1D", "reserve": 1}, {"most": 1, "within": "P2D", "topic": "sale"}],
)
CHAT: Final = {"template_id": "chat", "channel": "wechat", "form": "service", "text": "Hello"}
SERVICE: Final = Needed("wechat_service")
LADDERS: Final = (
    ("welcome", ()),
    ("reminder", ()),
    ("welcome", ("reminder",)),
    ("chat", ()),
    ("chat", ("reminder", "welcome")),
)


@dataclass(frozen=True)
class Claim:
    """A message was claimed: as which write of the store, when, and for which address."""

    write: int
    at: datetime
    request: MessageRequest
    channel: str
    address: str


@dataclass
class Told:
    """What happened, apart from what the store says."""

    claims: list[Claim] = field(default_factory=list)
    taken: list[Claim] = field(default_factory=list)  # by a provider, or perhaps
    no_more: dict[str, tuple[int, str]] = field(default_factory=dict)  # message → write, why
    acts: list[tuple[str, datetime, Act, int]] = field(default_factory=list)  # and which write
    erased: set[str] = field(default_factory=set)
    merged: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    parted: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Watched(TinyStore):
    """A store that numbers its writes and tells of claims."""

    def __init__(self, on_claim: Callable[[str, str, str], None]) -> None:
        super().__init__()
        self.writes = 0
        self._on_claim = on_claim

    def _do(self, action: dict[str, Any]) -> None:
        super()._do(action)
        self.writes += 1
        values = action.get("Update", {}).get("ExpressionAttributeValues", {})
        if values.get(":status") == {"S": "claimed"}:
            message_id = action["Update"]["Key"]["sk"]["S"].removeprefix(keys.MESSAGE_PREFIX)
            self._on_claim(message_id, values[":channel"]["S"], values[":address"]["S"])


class Life:
    """One world, from its seed to its end."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.told = Told()
        self.is_chatty = self.chance.random() < 0.1
        self.store = Watched(self._claimed)
        self.world = World(self.store)
        self.settings = {
            **SETTINGS,
            "rehearsal": False,
            "timezone": self.chance.choice(ZONES),
            "quiet_hours": self.chance.choice(WINDOWS),
            "contact_budget": [] if self.is_chatty else self.chance.choice(CAPS),
        }
        self.world.set_catalog("SETTINGS", self.settings)
        self.world.set_catalog("TEMPLATE#chat", CHAT)
        self.catalog = CatalogReader(self.store, "catalog", clock=lambda: 0.0)
        self.people = NAMES[: self.chance.choice((1, 2, 2, 3))]
        self.traits = {name: self._person(name) for name in self.people}
        self.requests: dict[str, MessageRequest] = {}
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = 0
        self._faulty: Counter[str] = Counter()
        self._seen_due: set[str] = set()
        self._is_merged = False
        self._said_no: set[str] = set()

    def _person(self, name: str) -> dict[str, str]:
        owner = self.chance.choice((name, name, "ada"))
        traits = {
            "first_name": name,
            "email": f"{owner}@example.com",
            "phone": self.chance.choice(("+14255550123", "+8613800138000")),
            "wechat_openid": f"nobody-{name}",
        }
        if self.chance.random() < 0.3:
            traits["timezone"] = self.chance.choice(ZONES)
        self.world.add_person(name, **traits)
        return traits

    # --- the course of things -------------------------------------------------------------------

    def live(self) -> None:
        """Ask for messages, let everything happen, and go on until nothing is left."""
        if self.is_chatty:
            self._act(self.people[0])
        for number in range(8 if self.is_chatty else self.chance.randint(1, 5)):
            request = self._chat(number) if self.is_chatty else self._ask(number)
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                at = request.requested_at + self.chance.random() * HOUR
                self._later(at, lambda one=request: self._deliver(one))  # type: ignore[misc]
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            self._later(NOON + self.chance.random() * 60 * HOUR, self._happens)
        while self._queue:
            at, _, what = heappop(self._queue)
            self.world.clock.now = max(self.world.clock.now, at)
            what()
            self._bring_back()

    def _later(self, at: datetime, what: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._queue, (to_milliseconds(at), self._order, what))

    def _ask(self, number: int) -> MessageRequest:
        person = self.chance.choice(self.people)
        template, fallback = self.chance.choice(LADDERS)
        request = self.world.request(
            person,
            template,
            message_id=f"m{number}",
            fallback=fallback,
            purpose=self.chance.choice(("marketing", "marketing", "marketing", "service")),
            topic=self.chance.choice(("", "sale")),
            requested_at=NOON + self.chance.random() * 30 * HOUR,
            priority=self.chance.choice((10, 50, 90)),
            quiet_hours=self.chance.choice(("obey", "obey", "ignore", "18:00-23:00")),
            expires_after=self.chance.choice((2, 20, 72)) * 3_600,
            broadcast_id=self.chance.choice(("", "", "b1")),
        )
        self.requests[request.message_id] = request
        return request

    def _chat(self, number: int) -> MessageRequest:
        """One of many that need the same window."""
        request = replace(
            self._ask(number),
            profile_id=self.people[0],
            enrolment_id=f"e-{self.people[0]}",
            template_id="chat",
            fallback=(),
            quiet_hours="ignore",
            requested_at=NOON,
        )
        self.requests[request.message_id] = request
        return request

    def _dispatch(self, line: Line) -> Dispatch:
        client = line.around(self.store)
        return Dispatch(
            self.catalog,
            self.world.store(client),
            _Provider(self, line),  # type: ignore[arg-type]
            _Plain(),  # type: ignore[arg-type]
            Paying(self.catalog, Purse(client, PROFILES), self.world.heard),  # type: ignore[arg-type]
            DueIndex(client, PROFILES, DEFERRED, self.world.sent_back),  # type: ignore[arg-type]
            self.world.clock,
        )

    def _deliver(self, request: MessageRequest) -> None:
        self._run(
            request.message_id, lambda by: by.dispatch(request), lambda: self._deliver(request)
        )

    def _wake(self, name: str, due_at: datetime) -> None:
        message_id = name.partition("#")[2]
        workspace_id = self.world.workspace_id
        self._run(
            message_id,
            lambda by: by.wake(workspace_id, name, due_at),
            lambda: self._wake(name, due_at),
        )

    def _run(
        self, message_id: str, how: Callable[[Dispatch], Any], again: Callable[[], None]
    ) -> None:
        """One delivery, perhaps with a fault and perhaps with something in its midst."""
        line = Line()
        if self._faulty[message_id] < MOST_FAULTY and self.chance.random() < 0.4:
            self._faulty[message_id] += 1
            line.faults[self.chance.randint(1, 9)] = self.chance.choice(FAULTS)
        if self.chance.random() < 0.15:
            midst = self.chance.randint(1, 6)
            line.hook = lambda number: self._meanwhile() if number == midst else None
        self.told.counts["deliveries"] += 1
        try:
            how(self._dispatch(line))
        except (TransientError, ConflictError, KilledError):
            self.told.counts["failed"] += 1
            self._later(self.world.clock.now + LEASE_OVER, again)

    def _bring_back(self) -> None:
        """Let the due index and the queue bring back what was put off."""
        now = self.world.clock.now
        sent, self.world.sent_back.bodies = self.world.sent_back.bodies, []
        for body, delay in sent:
            batch = decode(body)
            at = now + timedelta(seconds=delay)
            self._later(at, lambda one=batch: self._wake(one.names[0], one.due_at))  # type: ignore[misc]
        prefix = f"{self.world.workspace_id}#{DEFERRED}#"
        for pk, rows in self.store.tables.get(PROFILES, {}).items():
            if not pk.startswith(prefix):
                continue
            for sk in rows.keys() - self._seen_due:
                self._seen_due.add(sk)
                text, _, name = sk.partition("#")
                at = parse_instant(text)
                self._later(at, lambda one=name, due=at: self._wake(one, due))  # type: ignore[misc]

    # --- what comes in between ------------------------------------------------------------------

    def _meanwhile(self) -> None:
        """In the midst of a call something happens, or another message is dispatched."""
        if self.chance.random() < 0.5:
            self._happens()
            return
        request = self.chance.choice(list(self.requests.values()))
        self.told.counts["met"] += 1
        try:
            self._dispatch(Line()).dispatch(request)
        except (TransientError, ConflictError):
            self._later(self.world.clock.now + LEASE_OVER, lambda: self._deliver(request))

    def _happens(self) -> None:
        what = self.chance.choice(
            (self._exit, self._refuse, self._erase, self._merge, self._part, self._act, self._act)
        )
        what(self.chance.choice(self.people))
        self.told.counts[what.__name__] += 1

    def _forbid(self, why: str, forbids: Callable[[MessageRequest], bool]) -> None:
        for message_id, request in self.requests.items():
            if forbids(request):
                self.told.no_more.setdefault(message_id, (self.store.writes, why))

    def _exit(self, person: str) -> None:
        if person not in self.told.erased:
            self.world.enrol(person, "exited")
            self._forbid("exit", lambda one: one.profile_id == person)

    def _refuse(self, person: str) -> None:
        if person in self._said_no or self.told.erased:
            return
        self._said_no.add(person)
        self.world.refuse(person)
        both = set(self.people[:2]) if self._is_merged and person in self.people[:2] else {person}
        self._forbid("refused", lambda one: one.profile_id in both and one.purpose == "marketing")

    def _erase(self, person: str) -> None:
        """As an erasure ends: the mark first, then the enrolments, then everything else."""
        if self._is_merged or self.told.merged or person in self.told.erased:
            return
        self.told.erased.add(person)
        pk = keys.person(self.world.workspace_id, person)
        rows = self.store.tables[PROFILES][pk]
        for sk in sorted(rows, key=lambda one: not one.startswith(keys.ENROLMENT_PREFIX)):
            self.store.delete_item(TableName=PROFILES, Key=to_item({"pk": pk, "sk": sk}))
        self._forbid("erased", lambda one: one.profile_id == person)

    def _merge(self, _person: str) -> None:
        if len(self.people) > 1 and not self._is_merged and not self.told.erased:
            self._is_merged = True
            self.world.merge(self.people[0], self.people[1])
            self.told.merged.append((self.store.writes, frozenset(self.people[:2])))

    def _part(self, _person: str) -> None:
        if self._is_merged:
            self._is_merged = False
            self.world.part(self.people[0], self.people[1])
            self.told.parted.append(self.store.writes)

    def _act(self, person: str) -> None:
        """The person writes to the service account, or clicks in its menu."""
        if person in self.told.erased:
            return
        act: Act = self.chance.choice(("message", "message", "menu"))
        now = self.world.clock.now
        opened = ContactStore(self.store, PROFILES).open_window(
            self.world.workspace_id,
            person,
            SERVICE,
            self.traits[person]["wechat_openid"],
            act,
            act_id=f"{act}-{now.isoformat()}",
            at=now,
        )
        if opened:
            address = self.traits[person]["wechat_openid"]
            self.told.acts.append((address, now, act, self.store.writes))

    # --- what the provider does -----------------------------------------------------------------

    def _claimed(self, message_id: str, channel: str, address: str) -> None:
        request = self.requests[message_id]
        now = self.world.clock.now
        self.told.claims.append(Claim(self.store.writes, now, request, channel, address))

    def answer(self, request: MessageRequest) -> Answer:
        """The provider takes the message, or not; now and then it tells of it later."""
        claim = next(
            one for one in reversed(self.told.claims)
            if one.request.message_id == request.message_id
        )  # fmt: skip
        self.told.counts["provider calls"] += 1
        number = self.chance.random()
        if number < 0.1:
            return NotTaken("p", "slow down")
        if number < 0.2:
            return Rejected("p", "no")
        self.told.taken.append(claim)
        if self.chance.random() < 0.3:
            at = self.world.clock.now + self.chance.random() * 2 * HOUR
            self._later(at, lambda: self._tell(request))
        return Unclear("p", "no answer") if number < 0.3 else Accepted("p", "id")

    def _tell(self, request: MessageRequest) -> None:
        self.world.store().settle_from_provider(
            request.workspace_id,
            request.profile_id,
            request.message_id,
            now=self.world.clock.now,
        )


class _Provider:
    """Stands where messages are handed over, behind the line."""

    def __init__(self, life: Life, line: Line) -> None:
        self._life, self._line = life, line

    def stands_back(
        self, request: MessageRequest, channel: str, *, had_turn: bool
    ) -> timedelta | None:
        crowded = not had_turn and self._life.chance.random() < 0.1
        turn = timedelta(seconds=30) if crowded else None
        with faults_are_transient():
            return self._line.call("stands_back", lambda: turn)

    def hand_over(self, request: MessageRequest, *_: object) -> Answer:
        try:
            found: Answer = self._line.call("hand_over", lambda: self._life.answer(request))
        except KilledError:
            raise
        except Exception as error:  # a throttled call, or one whose answer was lost
            return Unclear("p", str(error))
        return found


class _Plain:
    """Messages go out as they are."""

    def dress(self, content: Any, *_: object) -> Any:
        return content
