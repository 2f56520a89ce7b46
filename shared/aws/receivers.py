"""Who receives a message: the whole person behind a strand, with traits and consents in force."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.consent_reader import ConsentReader, Standing
from shared.aws.consent_rows import kept_of
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, get_items
from shared.aws.person_reader import graph_of, merged_traits
from shared.domain.messages.decision import Person
from shared.errors import TransientError

Row = dict[str, Any]

MOST_LOOKS: Final = 3  # at people who are merged or parted while they are read


class Seen(NamedTuple):
    """Which consents were looked at: those of this root, in this version (0: there were none).

    `strands` are those for which the root answers, itself among them.
    """

    root: str
    version: int
    strands: tuple[str, ...] = ()


class Receiver(NamedTuple):
    """What to decide on, and what a claim must find as it was then."""

    person: Person
    seen: Seen


class Receivers:
    """Everybody who can receive messages; every method raises TransientError when AWS is busy.

    Consents are never read later than the graph of the person whose they are. So when a merge or a
    split comes in between, which rewrites them, the version that was seen is an old one.
    """

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._consents = ConsentReader(client, table)

    def at_once(self, workspace_id: str, strand_id: str) -> Standing | None:
        """The person and the consents as of one instant; None when there is nobody."""
        return self._consents.standing(workspace_id, strand_id)

    def of(
        self, workspace_id: str, strand_id: str, profile: Item | None, consent: Item | None
    ) -> Receiver | None:
        """The person of a strand whose `PROFILE` and `CONSENT` rows were read together.

        No further read for a person of one strand. None when the person is being erased.
        """
        row = from_item(profile or {})
        if "erasing" in row:
            return None
        standing: Standing | None
        if "redirect" in row:
            standing = self._consents.standing(workspace_id, row["redirect"])
        else:
            kept = kept_of(consent)
            standing = Standing(strand_id, graph_of(row), row.get("graph_version"), kept)
            moved = kept.version and not kept.ledgers  # perhaps a merge came between the two rows
            if len(standing.strands) == 1 and not moved:
                return _receiver(standing, [row])
        for _ in range(MOST_LOOKS):
            if standing is None:
                return None
            if strand_id in standing.strands:
                rows = self._profiles(workspace_id, standing.strands)
                if _is_still(standing, rows.get(standing.root, {})):
                    return _receiver(standing, rows.values())
            standing = self._consents.standing(workspace_id, strand_id)
        raise TransientError("the person is being merged and parted, try again")

    def _profiles(self, workspace_id: str, strands: Iterable[str]) -> dict[str, Row]:
        wanted = {keys.Key(keys.person(workspace_id, s), keys.PROFILE): s for s in strands}
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        return {wanted[key]: from_item(item) for key, item in found.items()}


def _is_still(standing: Standing, row: Mapping[str, Any]) -> bool:
    """Whether the root's row, read again, still answers for the same strands."""
    return "redirect" not in row and row.get("graph_version") == standing.graph_version


def _receiver(standing: Standing, rows: Iterable[Mapping[str, Any]]) -> Receiver:
    values = {name: trait.value for name, trait in merged_traits(rows).items()}
    person = Person(values, standing.kept.decisions)
    return Receiver(person, Seen(standing.root, standing.kept.version, standing.strands))
