"""What the routes work with: stores, the maker of state machines, the time and a maker of keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.manage_workspace.audiences import AudienceDesk
from functions.manage_workspace.backtesting import BacktestDesk
from functions.manage_workspace.broadcasting import Broadcasting
from functions.manage_workspace.identity import IdentityDesk
from functions.manage_workspace.importing import Importing
from functions.manage_workspace.moving import MoveDesk
from functions.manage_workspace.privacy import Privacy
from functions.manage_workspace.recovering import Recovering
from shared.aws.athena import Athena
from shared.aws.audit_store import AuditTrail
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Edit, Witness
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.figures import FiguresReader
from shared.aws.group_store import GroupStore
from shared.aws.people import People
from shared.aws.person_reader import PersonReader
from shared.aws.queues import EventQueue
from shared.aws.suppressions import Suppressions
from shared.aws.tag_store import TagStore
from shared.aws.task_store import TaskStore
from shared.aws.user_hashes import UserHashes
from shared.aws.write_key_desk import WriteKeyDesk
from shared.domain.access.operators import MACHINE, Operator
from shared.domain.journeys.definition import Journey

# (journey, version) → ARN of its state machine; repeating it changes nothing.
PublishMachine = Callable[[Journey, int], str]

# What dispatch_message is told of a test → what became of it; it is called once.
SendTest = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that a route may touch, for one workspace and one request.

    `operator` is who asks, and `witness` writes down what a transaction changes.
    """

    workspace_id: str
    operator: Operator = MACHINE
    witness: Witness | None = None
    trail: AuditTrail
    catalog: CatalogWriter
    published: CatalogReader
    write_keys: WriteKeyDesk
    people: People
    persons: PersonReader
    tags: TagStore
    tasks: TaskStore
    groups: GroupStore
    consents: ConsentStore
    consent_reader: ConsentReader
    suppressions: Suppressions
    figures: FiguresReader
    user_hashes: UserHashes
    open_identity: Callable[[], IdentityDesk]
    open_privacy: Callable[[], Privacy]
    open_importing: Callable[[], Importing]
    open_lake: Callable[[], Athena]
    open_audiences: Callable[[], AudienceDesk]
    open_backtests: Callable[[], BacktestDesk]
    open_broadcasting: Callable[[], Broadcasting]
    open_events: Callable[[], EventQueue]
    open_moves: Callable[[], MoveDesk]
    open_recovering: Callable[[], Recovering]
    publish_machine: PublishMachine
    send_test: SendTest
    now: Callable[[], datetime]
    new_secret: Callable[[], str]

    def new_id(self) -> str:
        """A name of 22 characters for something that is asked for; nobody guesses it.

        Without dashes: one in front would be an option to whoever types the name after a command.
        """
        return self.new_secret()[:22].replace("-", "_")

    @property
    def moves(self) -> MoveDesk:
        """What moves of those inside journeys need; made when it is first asked for."""
        return self.open_moves()

    @property
    def recovering(self) -> Recovering:
        """What replays of the lake need; made when it is first asked for."""
        return self.open_recovering()

    @property
    def audiences(self) -> AudienceDesk:
        """What builds and audiences need; made when it is first asked for."""
        return self.open_audiences()

    @property
    def backtests(self) -> BacktestDesk:
        """What backtests need; made when it is first asked for."""
        return self.open_backtests()

    @property
    def broadcasting(self) -> Broadcasting:
        """What broadcasts need; made when it is first asked for."""
        return self.open_broadcasting()

    @property
    def importing(self) -> Importing:
        """What imports need; made when it is first asked for."""
        return self.open_importing()

    @property
    def identity(self) -> IdentityDesk:
        """What explaining, cutting and reviewing identity needs; made when first asked for."""
        return self.open_identity()

    @property
    def events(self) -> EventQueue:
        """Where events of our own go in; made when it is first asked for."""
        return self.open_events()

    @property
    def lake(self) -> Athena:
        """Where the event history is asked; made when it is first asked for."""
        return self.open_lake()

    @property
    def privacy(self) -> Privacy:
        """What exports and erasures need; made when it is first asked for."""
        return self.open_privacy()

    def edit(self) -> Edit:
        """Look at the catalog as it is now."""
        return self.catalog.edit(self.workspace_id, self.witness)


@dataclass(frozen=True, slots=True)
class Call:
    """One request after routing: the variable parts of its path, its query and its JSON body."""

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
