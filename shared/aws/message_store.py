"""Message rows: what was asked for, the claim that precedes every send, and the outcome.

                 deferred ◀──┐ comes back when its time has come, and is decided on again
     no row   ──────┴───claim──▶ claimed ──▶ sent · rejected · unknown
    requested ◀─────release──────   │
        └──▶ suppressed             └─ a claim that nobody settled becomes unknown

That a message was asked for stands in the trace of its enrolment and comes with the queue, so it
has no row before it is claimed, put off or suppressed; what a provider did not take is `requested`
again. The claim is one transaction with everything that can change until the last instant: the
enrolment still runs, the address is not suppressed, the person's consents and contacts are as they
were decided on, the window is open, and nobody else at this address got this broadcast. What counts
against the contact budget is written in it. Consents and contacts lie at the strand that answers
for the person, not always the one of enrolment and message; when a merge has moved them, the claim
finds them gone, and the message is decided on again. Every final status is counted in the tally of
its channel in the transaction that writes it, and a message that was sent is an event of the person
from then on.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from shared.aws import keys
from shared.aws.broadcast_copies import BroadcastCopies
from shared.aws.contact_store import ContactStore
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, get_items, to_item
from shared.aws.message_checks import (
    Guarded,
    consents_are,
    is_free,
    while_it_runs,
)
from shared.aws.message_checks import Refusal as Refusal
from shared.aws.message_rows import BEGINNING, message_key, moving, request_of, row_of
from shared.aws.message_settling import MessageSettling
from shared.aws.message_state import NO_CONTACTS, MessageState, Wanted, state_of
from shared.aws.receivers import Receivers, Seen
from shared.aws.suppressions import Suppressions
from shared.aws.transactions import PAUSES_SECONDS, Action, transact
from shared.domain.journeys.money import Paid
from shared.domain.messages.decision import Defer, Send
from shared.domain.messages.ledger import Ledger, Use
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.timing import Contacts
from shared.domain.messages.windows import Window
from shared.errors import ConflictError, TransientError

_MOST_LOOKS: Final = 3  # at people who are merged or parted while they are read


class MessageStore:
    """The messages of all people."""

    def __init__(
        self,
        client: Any,
        profiles_table: str,
        suppressions: Suppressions,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._suppressions = suppressions
        self._receivers = Receivers(client, profiles_table)
        self._contacts = ContactStore(client, profiles_table)
        self._copies = BroadcastCopies(profiles_table, suppressions)
        self._pause = pause
        self._settling = MessageSettling(client, profiles_table, pause)

    def asked_for(
        self, workspace_id: str, profile_id: str, message_id: str
    ) -> MessageRequest | None:
        """What was asked for, of a message that was put off; None when there is none.

        Raises TransientError when the table is busy.
        """
        key = message_key(workspace_id, profile_id, message_id)
        row = row_of(self._get((key,)).get(key))
        if row.get("status") not in (*BEGINNING, "claimed") and "again_at" not in row:
            return None
        return request_of(workspace_id, profile_id, message_id, row)

    def load(self, request: MessageRequest, wanted: Wanted = NO_CONTACTS) -> MessageState | None:
        """Read message, traits and consents, and what is `wanted` of contacts, as they are now.

        One call, one more for each kind of contacts, and some more for people who were merged. None
        when the person is erased. Raises TransientError when the table is busy.
        """
        key = message_key(request.workspace_id, request.profile_id, request.message_id)
        profile_key, consent_key = self._at(request, keys.PROFILE), self._at(request, keys.CONSENT)
        for _ in range(_MOST_LOOKS):
            found = self._get((key, profile_key, consent_key))
            if key not in found and profile_key not in found:
                return None
            receiver = self._receivers.of(
                request.workspace_id,
                request.profile_id,
                found.get(profile_key),
                found.get(consent_key),
            )
            if receiver is None:
                return None
            state = state_of(row_of(found.get(key)), receiver.person, receiver.seen)
            with suppress(ConflictError):
                return self._with_contacts(request.workspace_id, state, wanted)
        raise TransientError("the person is being merged and parted, try again")

    def _with_contacts(
        self, workspace_id: str, state: MessageState, wanted: Wanted
    ) -> MessageState:
        """Read past contacts; raises ConflictError when the person has to be read again."""
        if wanted == NO_CONTACTS:
            return state
        root, strands = state.seen.root, state.seen.strands
        seen = self._contacts.ledger(workspace_id, root, strands) if wanted.ledger else None
        windows: tuple[Window, ...] | None = None
        if wanted.windows:
            windows = self._contacts.windows(workspace_id, strands, wanted.windows)
        contacts = Contacts(seen.ledger if seen else Ledger(), windows)
        person = replace(state.person, contacts=contacts)
        return replace(state, person=person, wanted=wanted, ledger=seen)

    def look_again(self, request: MessageRequest, state: MessageState) -> MessageState | None:
        """The same with the person's consents as of one instant; None when the person is erased.

        What `load` reads can lie on both sides of a merge, and a refusal must not be made up.
        """
        for _ in range(_MOST_LOOKS):
            standing = self._receivers.at_once(request.workspace_id, request.profile_id)
            if standing is None:
                return None
            person = replace(state.person, consents=standing.kept.decisions)
            seen = Seen(standing.root, standing.kept.version, standing.strands)
            again = replace(state, person=person, seen=seen)
            with suppress(ConflictError):
                return self._with_contacts(request.workspace_id, again, state.wanted)
        raise TransientError("the person is being merged and parted, try again")

    def claim(
        self,
        request: MessageRequest,
        state: MessageState,
        send: Send,
        now: datetime,
        counts: Callable[[Use], bool] = lambda _: True,
        paid: Paid | None = None,
    ) -> Refusal | None:
        """Take the message for one provider call; gives the reason when it must not be sent.

        `consents_changed` and `contacts_changed` are none: load the message and decide again.
        `counts` says which earlier uses the ledger has to keep, `paid` what was taken for it and
        must not have been given back. Raises ConflictError when somebody else has the message,
        TransientError when the table is busy.
        """
        claimed = {
            "status": "claimed",
            "claimed_at": now,
            "attempts": state.attempts + 1,
            "channel": send.channel,
            "address": send.address,
            "template_id": send.template.template_id,
            "template_version": send.template_version or None,
        }
        suppression = self._suppressions.key(request.workspace_id, send.channel, send.address)
        checks = [Guarded(is_free(self._table, suppression), "suppressed")]
        if send.consent_matters:
            consents = consents_are(self._table, request, state.seen)
            checks.append(Guarded(consents, "consents_changed"))
        if send.counts is not None and state.ledger is not None:
            after = state.ledger.ledger.took(request.message_id, send.counts.use)
            checks += self._writing(request, state, after.kept(send.counts.use.at, counts))
        else:
            checks += self._no_more(request, state)
        if send.window is not None:
            take = self._contacts.taking(request.workspace_id, send.window, now)
            checks.append(Guarded(take, "contacts_changed"))
        copies = self._copies.taking(request, send, now)
        checks += [Guarded(copy, "shared_address") for copy in copies]
        move = moving(self._table, request, BEGINNING, claimed, ("until", "reason"))
        if paid is not None:
            move["ConditionExpression"] = f"({move['ConditionExpression']}) AND paid = :paid"
            move["ExpressionAttributeValues"] |= to_item({":paid": paid.micros})
        return while_it_runs(self._client, self._table, request, move, checks)

    def defer(
        self, request: MessageRequest, state: MessageState, put_off: Defer, began_at: datetime
    ) -> Refusal | None:
        """Put the message off until an instant on the wall clock; gives the reason not to.

        As for `claim`. Whoever calls this sees to it that the message comes back.
        """
        deferred = {
            "status": "deferred",
            "until": put_off.until,
            "reason": put_off.reason,
            "channel": put_off.channel,
            "began_at": state.began_at or began_at,
        }
        checks: list[Guarded] = []
        if put_off.waits is not None and state.ledger is not None:
            checks = self._writing(request, state, state.ledger.ledger.waits(put_off.waits))
        elif put_off.reason != "throughput":  # who stands back for seconds keeps its place
            checks = self._no_more(request, state)
        move = moving(self._table, request, BEGINNING, deferred)
        return while_it_runs(self._client, self._table, request, move, checks)

    def _no_more(self, request: MessageRequest, state: MessageState) -> list[Guarded]:
        """Give back what a rung of before took or waited for, where no limit covers this one."""
        if state.ledger is None or not state.ledger.ledger.holds(request.message_id):
            return []
        return self._writing(request, state, state.ledger.ledger.without(request.message_id))

    def _writing(
        self, request: MessageRequest, state: MessageState, after: Ledger
    ) -> list[Guarded]:
        if state.ledger is None:
            return []
        write = self._contacts.writing(request.workspace_id, state.ledger, after)
        return [Guarded(write, "contacts_changed")]

    def forget_contact(self, request: MessageRequest, state: MessageState) -> None:
        """Give back room in the contact budget: the message came to nothing, or will soon."""
        if state.ledger is not None:
            root = state.ledger.root
            self._contacts.forget(request.workspace_id, root, request.message_id)

    def settle(
        self,
        request: MessageRequest,
        outcome: Outcome,
        now: datetime,
        again_at: datetime | None = None,
        claimed: Send | None = None,
    ) -> None:
        """Write the final status, count it, and tell the timeline of what was sent.

        Nothing happens to a message that has a final status. `again_at`: see `MessageSettling`.
        `claimed` is what it was claimed for; what was not sent leaves its address to others.
        """
        left = self._copies.leaving(request, claimed) if outcome.status == "rejected" else []
        self._settling.settle(request, outcome, now, again_at, left)

    def send_again(self, request: MessageRequest, state: MessageState) -> bool:
        """Let a message be dispatched once more of which nobody knows whether it was sent."""
        return self._settling.send_again(request, state.channel)

    def settle_from_provider(
        self, workspace_id: str, profile_id: str, message_id: str, *, now: datetime, **said: Any
    ) -> bool:
        """Believe a provider's event about a message: see `MessageSettling`."""
        return self._settling.settle_from_provider(
            workspace_id, profile_id, message_id, now=now, **said
        )

    def release(self, request: MessageRequest, detail: str, send: Send) -> None:
        """Give back a claim whose message the provider surely did not take, and the window's one.

        It keeps its room in the contact budget, for it comes again at once; of a broadcast, whoever
        shares the address may be first then.
        """
        self._give_back(request, send, {"status": "requested", "detail": detail})
        self.give_back_window(request, send.window)

    def give_back_window(self, request: MessageRequest, window: Window | None) -> None:
        """Put back what a claim took from a window: the provider surely took no message."""
        if window is not None:
            self._contacts.give_back(request.workspace_id, window)

    def go_on(self, request: MessageRequest, detail: str, rung: int, send: Send) -> None:
        """Give back a claim whose template the provider refused, for the template at `rung`."""
        self._give_back(request, send, {"status": "requested", "detail": detail, "rung": rung})

    def _give_back(self, request: MessageRequest, send: Send, values: Mapping[str, Any]) -> None:
        """Nothing happens where the provider has told otherwise meanwhile."""
        action: Action = {"Update": moving(self._table, request, ("claimed",), values)}
        left = self._copies.leaving(request, send)
        # At the row of an address others may be at this instant; the message's own is ours alone.
        pauses = PAUSES_SECONDS if left else ()
        with suppress(ConflictError):
            transact(self._client, [action, *left], pauses=pauses, pause=self._pause)

    def _at(self, request: MessageRequest, sk: str) -> keys.Key:
        return keys.Key(keys.person(request.workspace_id, request.profile_id), sk)

    def _get(self, wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted)
