"""What people agreed to, and which addresses are not written to."""

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws import consent_rows
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Decision, Scope
from shared.domain.messages.addresses import canonical, is_valid
from shared.domain.messages.channels import Channel
from shared.domain.workspace import consent_answers as answers
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.consent_operations import ConsentDecision, Suppression
from shared.domain.workspace.purposes import ConsentPurpose
from shared.errors import InvalidInputError, NotFoundError

OPERATOR: Final = "operator"  # the evidence of what somebody typed in
LONGEST_ID_BYTES: Final = 1_000
MOST: Final = 200
USUAL: Final = 50
_A_MOMENT: Final = timedelta(milliseconds=1)  # instants are kept no finer

_DECISION: Final[TypeAdapter[ConsentDecision]] = TypeAdapter(ConsentDecision)
_PURPOSE: Final[TypeAdapter[ConsentPurpose]] = TypeAdapter(ConsentPurpose)
_SUPPRESSION: Final[TypeAdapter[Suppression]] = TypeAdapter(Suppression)
_CHANNEL: Final[TypeAdapter[Channel]] = TypeAdapter(Channel)


def get_consents(ports: Ports, call: Call) -> answers.ConsentsAnswer:
    """What is in force for a person, and the ledger."""
    profile_id = _profile_id(call)
    standing = ports.consent_reader.standing(ports.workspace_id, profile_id)
    if standing is None:
        raise NotFoundError(f"there is no profile {profile_id!r}")
    ledger = ports.consent_reader.ledger(ports.workspace_id, standing.strands)
    lines = [(strand, line) for strand, found in ledger.items() for line in found]
    lines.sort(key=lambda line: line[1].moment, reverse=True)
    decisions = standing.kept.decisions
    return {
        "success": True,
        "profile_id": standing.root,
        "in_force": [consent_rows.story(scope, decisions[scope]) for scope in sorted(decisions)],
        "ledger": [_line(strand, line) for strand, line in lines],
    }


def put_consent(ports: Ports, call: Call) -> answers.ConsentAnswer:
    """Write down what a person agreed to, or no longer does; what stands already keeps its date."""
    profile_id, wanted = _profile_id(call), parse(_DECISION, call.body)
    scope = Scope(parse(_PURPOSE, call.path["purpose"]), wanted.topic, wanted.channel or "")
    standing = ports.consent_reader.standing(ports.workspace_id, profile_id)
    if standing is None:
        raise NotFoundError(f"there is no profile {profile_id!r}")
    before = standing.kept.decisions.get(scope)
    # What clients have stamped they take back; an operator's refusal is to outlast that.
    lasts = before is not None and (before.granted or not before.is_stamped)
    if before and lasts and before.granted == wanted.granted:
        story = consent_rows.story(scope, before)
        return {"success": True, "outcome": "unchanged", "consent": story}
    # An operator speaks after what stands, also when a client's clock has run ahead of ours.
    stands = verdict(standing.kept.decisions, *scope)
    at = max(ports.now(), stands.at + _A_MOMENT) if stands else ports.now()
    decision = Decision(scope, wanted.granted, at, OPERATOR, "operator", detail=wanted.detail)
    if not ports.consents.decide(ports.workspace_id, profile_id, decision):
        raise NotFoundError(f"there is no profile {profile_id!r}")
    outcome: Outcome = "updated" if before else "created"
    return {"success": True, "outcome": outcome, "consent": consent_rows.story(scope, decision)}


def list_suppressions(ports: Ports, call: Call) -> answers.SuppressionList:
    """A page of the addresses that are not written to."""
    limit, cursor = _limit(call.query.get("limit")), call.query.get("cursor")
    if cursor is not None and not (len(cursor) == 64 and set(cursor) <= set("0123456789abcdef")):
        raise InvalidInputError("this is no cursor of an answer", where="cursor")
    channel = parse(_CHANNEL, call.path["channel"])
    page = ports.suppressions.page(ports.workspace_id, channel, limit, cursor)
    return {
        "success": True,
        "suppressions": [
            {
                "address": row.get("address"),
                "reason": row["reason"],
                "source": row.get("source"),
                "since": row["at"],
            }
            for row in page.rows
        ],
        "cursor": page.cursor,
    }


def put_suppression(ports: Ports, call: Call) -> answers.SuppressionAnswer:
    """Never write to this address again."""
    channel, address = _address(call)
    reason = parse(_SUPPRESSION, call.body).reason
    before = ports.suppressions.find(ports.workspace_id, channel, address)
    if before and before["reason"] == reason:
        return _suppression("unchanged", channel, address, suppressed=True)
    ports.suppressions.put(
        ports.workspace_id, channel, address, reason=reason, source=OPERATOR, at=ports.now()
    )
    return _suppression("updated" if before else "created", channel, address, suppressed=True)


def delete_suppression(ports: Ports, call: Call) -> answers.SuppressionAnswer:
    """Allow messages to this address again."""
    channel, address = _address(call)
    if ports.suppressions.find(ports.workspace_id, channel, address) is None:
        return _suppression("unchanged", channel, address, suppressed=False)
    ports.suppressions.remove(ports.workspace_id, channel, address)
    return _suppression("updated", channel, address, suppressed=False)


def _line(strand: str, line: Decision) -> answers.LedgerStory:
    return {
        "strand": strand,
        **consent_rows.story(line.scope, line),
        "address": line.address or None,
        "detail": line.detail or None,
    }


def _profile_id(call: Call) -> str:
    """The profile_id of a path; raises InvalidInputError on what no key could hold."""
    profile_id = call.path["profile_id"]
    try:
        size = len(profile_id.encode())
    except UnicodeEncodeError:
        raise InvalidInputError("this is no Unicode text", where="profile_id") from None
    if size > LONGEST_ID_BYTES:
        raise InvalidInputError(f"at most {LONGEST_ID_BYTES} bytes", where="profile_id")
    return profile_id


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):
        raise InvalidInputError(f"a number from 1 to {MOST}", where="limit")
    return int(text)


def _address(call: Call) -> tuple[Channel, str]:
    channel = parse(_CHANNEL, call.path["channel"])
    address = canonical(channel, call.path["address"])
    if not is_valid(channel, address):
        raise InvalidInputError(
            "this is no address of the channel; numbers begin with + and the country code",
            where="address",
        )
    return channel, address


def _suppression(
    outcome: Outcome, channel: str, address: str, *, suppressed: bool
) -> answers.SuppressionAnswer:
    return {
        "success": True,
        "outcome": outcome,
        "channel": channel,
        "address": address,
        "suppressed": suppressed,
    }
