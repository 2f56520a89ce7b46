"""Which statement of which role a run on the stack needed, and which none of it needed.

The emulator notes each call that it allowed and by which statements (`infra.local.observed_calls`).
A statement without which one of these calls would have been refused is needed; the others have to
say for what they are there, in `REASONS`.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from infra.constructs.bundle import ROOT
from infra.local.observed_calls import statement_id

RECORDS: Final = ROOT / ".local" / "exercised"
STACKS: Final = ("RapportData", "RapportEngine")
ALLOWED: Final = "Allow"
TAKES_AWAY: Final = "test_least_privilege.py"
"""The module that takes permissions away, so that what its run was denied says nothing."""

Key = tuple[str, tuple[str, ...], int]
_HASH: Final = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a role, by the role's name in the template; `text` is all that it says."""

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """How tables and reasons call it."""
        return f"{self.role}: {' '.join(self.actions)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the calls say of the statements: `shared` are those beside which another one allows."""

    needed: tuple[Statement, ...]
    shared: tuple[Statement, ...]
    unused: tuple[Statement, ...]
    unused_actions: tuple[str, ...]

    def __str__(self) -> str:
        total = len(self.needed) + len(self.shared) + len(self.unused)
        return (
            f"{total} statements: {len(self.needed)} needed, {len(self.shared)} beside another, "
            f"{len(self.unused)} unused; {len(self.unused_actions)} actions of needed ones unused"
        )


def roles_of(stack: Any) -> dict[str, str]:
    """Name in the account → name in the template, of every role of the stacks."""
    found = {}
    for name in STACKS:
        answer = stack.client("cloudformation").describe_stack_resources(StackName=name)
        for resource in answer["StackResources"]:
            if resource["ResourceType"] == "AWS::IAM::Role":
                logical = _HASH.sub("", resource["LogicalResourceId"])
                found[resource["PhysicalResourceId"]] = logical
    return found


def statements_of(stack: Any) -> list[Statement]:
    """All statements that allow something to a role of the stacks."""
    iam, found = stack.client("iam"), []
    for role, logical in roles_of(stack).items():
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            if isinstance(document, str):
                document = json.loads(unquote(document))
            found += [statement(logical, one) for one in allowing(document)]
    return found


def allowing(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy that allow something."""
    statements = document["Statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    return (one for one in statements if one["Effect"] == ALLOWED)


def statement(role: str, said: Mapping[str, Any]) -> Statement:
    """A statement as a policy says it."""
    actions, resources = _list(said["Action"]), _list(said["Resource"])
    return Statement(
        role,
        tuple(sorted(actions)),
        tuple(sorted(resources)),
        statement_id(actions, resources, said.get("Condition")),
    )


def record(stack: Any, modules: Collection[str], digest: str, number: int) -> None:
    """Keep what a run has shown, for `gathered`."""
    roles = roles_of(stack)
    calls = [{**call, "role": roles[call["role"]]} for call in stack.calls()
             if call["role"] in roles]  # fmt: skip
    said = [[one.role, *map(list, (one.actions, one.resources)), one.text]
            for one in statements_of(stack)]  # fmt: skip
    told = {"digest": digest, "modules": sorted(modules), "calls": calls, "statements": said}
    RECORDS.mkdir(parents=True, exist_ok=True)
    (RECORDS / f"{digest}-{number}.json").write_text(json.dumps(told))


def gathered(digest: str) -> tuple[set[str], list[list[Statement]], list[list[dict[str, Any]]]]:
    """What all runs of the same code have shown: modules, and of each run statements and calls."""
    modules: set[str] = set()
    statements, calls = [], []
    for path in sorted(RECORDS.glob(f"{digest}-*.json")):
        told = json.loads(path.read_text())
        if TAKES_AWAY in told["modules"]:
            continue
        modules |= set(told["modules"])
        statements.append([Statement(role, tuple(actions), tuple(resources), text)
                           for role, actions, resources, text in told["statements"]])  # fmt: skip
        calls.append(told["calls"])
    return modules, statements, calls


def judge(
    runs: Iterable[tuple[Iterable[Statement], Iterable[Mapping[str, Any]]]],
) -> Verdict:
    """Compare the statements of one template with the calls that they allowed in several runs."""
    shown: dict[Key, str] = {}
    used: dict[Key, set[str]] = {}
    last: dict[Key, Statement] = {}
    for statements, calls in runs:
        allowed, last = [call for call in calls if call["decision"] == ALLOWED], keyed(statements)
        for place, one in last.items():
            own = [call for call in allowed if call["role"] == one.role and one.text in call["by"]]
            alone = any(set(call["by"]) == {one.text} for call in own)
            best = "needed" if alone else "shared" if own else "unused"
            shown[place] = min(shown.get(place, best), best)  # by the alphabet, as it happens
            used.setdefault(place, set()).update(call["action"].lower() for call in own)
    by: dict[str, list[Statement]] = {"needed": [], "shared": [], "unused": []}
    for place, one in last.items():
        by[shown[place]].append(one)
    unused_actions = [
        f"{one.role}: {action}"
        for place, one in last.items()
        for action in one.actions
        if shown[place] == "needed" and action.lower() not in used[place] and "*" not in action
    ]
    return Verdict(*(tuple(by[kind]) for kind in by), tuple(unused_actions))


def keyed(statements: Iterable[Statement]) -> dict[Key, Statement]:
    """The same statement has the same key in all runs, though its resources have other names."""
    found: dict[Key, Statement] = {}
    for one in statements:
        number = sum(key[:2] == (one.role, one.actions) for key in found)
        found[one.role, one.actions, number] = one
    return found


def denied(calls: Iterable[Mapping[str, Any]]) -> list[str]:
    """What roles asked for and may not."""
    return sorted({f"{one['role']}: {one['action']} on {one['resource']}" for one in calls
                   if one["decision"] != ALLOWED})  # fmt: skip


def unexplained(verdict: Verdict, reasons: Mapping[str, str]) -> list[str]:
    """Statements that no call needed and for which no reason is written down."""
    return [
        one.name
        for one in (*verdict.unused, *verdict.shared)
        if not any(re.fullmatch(pattern, one.name) for pattern in reasons)
    ]


def misplaced(verdict: Verdict, reasons: Mapping[str, str]) -> list[str]:
    """Reasons of which no statement makes use, and those that some call makes superfluous."""
    found = []
    for pattern in reasons:
        without_need = [*verdict.unused, *verdict.shared]
        if not any(re.fullmatch(pattern, one.name) for one in without_need):
            found.append(f"{pattern}: for no statement")
        needed = [one.name for one in verdict.needed if re.fullmatch(pattern, one.name)]
        found += [f"{pattern}: calls need {name}" for name in needed]
    return found


def _list(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)
