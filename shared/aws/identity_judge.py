"""Decides again on identity under given rules: for reviews, and for what operators cut or join."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from uuid import uuid4

from shared.aws import session
from shared.aws.consent_moves import ConsentMoves
from shared.aws.identity_secret import IdentitySecret
from shared.aws.identity_store import IdentityStore
from shared.aws.tombstones import Tombstones
from shared.domain.events.model import Event
from shared.domain.identity.claims import claim_of
from shared.domain.identity.graph import Graph, Identifier, proof_told
from shared.domain.identity.groups import connected
from shared.domain.identity.identifying import Identify
from shared.domain.identity.resolution import Known, Resolution
from shared.domain.identity.resolve import redecide
from shared.domain.identity.rulebook import Rulebook
from shared.errors import NotFoundError


def identity_judge(
    *, profiles_table: str, catalog_table: str, identity_secret_arn: str
) -> "IdentityJudge":
    """Over the clients of this function; new strands get random ids."""
    dynamodb = session.client("dynamodb")
    secret = IdentitySecret(partial(session.client, "secretsmanager"), identity_secret_arn)
    return IdentityJudge(
        IdentityStore(dynamodb, profiles_table, ConsentMoves(dynamodb, profiles_table)),
        Tombstones(dynamodb, catalog_table, secret),
        lambda: uuid4().hex,
    )


class IdentityJudge:
    """Every method may be repeated; each raises TransientError."""

    def __init__(
        self, identity: IdentityStore, tombstones: Tombstones, new_id: Callable[[], str]
    ) -> None:
        """`new_id` gives an unused strand id."""
        self._identity = identity
        self._tombstones = tombstones
        self._new_id = new_id

    def hear(self, workspace_id: str, rulebook: Rulebook, events: Sequence[Event]) -> Counter[str]:
        """Let events claim again what they claim; what is known already changes nothing."""
        counts: Counter[str] = Counter()
        identify = Identify(self._identity, workspace_id, rulebook, self._new_id, counts)
        told = [
            (event.occurred_at, claim_of(event, rulebook, proof_told(event.proof, event.server)))
            for event in events
        ]
        told = [(at, claim) for at, claim in told if len(claim.identifiers) > 1]
        named = {identifier for _, claim in told for identifier in claim.identifiers}
        sightings = self._identity.sightings(workspace_id, named)
        erased = self._tombstones.erased(workspace_id, named - sightings.keys())
        # Of whoever came back after an erasure, nothing from before it must count.
        back = {each: seen.erased_at for each, seen in sightings.items() if seen.erased_at}
        claims = [
            claim
            for at, claim in told
            if erased.keys().isdisjoint(claim.identifiers)
            and not any(each in back and at <= back[each] for each in claim.identifiers)
        ]
        hints = {identifier: each.profile_id for identifier, each in sightings.items()}
        for group in connected(claims, hints):
            identify.homes([claims[index] for index in group], {})
        return counts

    def look_again(
        self, workspace_id: str, rulebook: Rulebook, graphs: Sequence[Graph]
    ) -> Counter[str]:
        """Decide again on people, together with everybody with whom they are in dispute."""
        counts: Counter[str] = Counter()
        for graph in graphs:
            with suppress(NotFoundError):  # erased meanwhile
                counts += self.decide_again(
                    workspace_id,
                    rulebook,
                    [graph.nodes[0].identifier],
                    lambda known: redecide(known, rulebook),
                )
        return counts

    def decide_again(
        self,
        workspace_id: str,
        rulebook: Rulebook,
        identifiers: Collection[Identifier],
        decide: Callable[[Known], Resolution],
    ) -> Counter[str]:
        """Let `decide` judge the people of identifiers; gives metric → count.

        Raises NotFoundError when an identifier is unknown, PermanentError when it is too much.
        """
        counts: Counter[str] = Counter()
        identify = Identify(self._identity, workspace_id, rulebook, self._new_id, counts)
        identify.decide_again(identifiers, decide)
        return counts
