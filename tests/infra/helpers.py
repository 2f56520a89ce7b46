"""Ways to look into a CloudFormation template."""

import json
from collections.abc import Iterator
from typing import Any


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """All resources of a kind by logical id."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    }


def target(value: Any) -> str | None:
    """The logical id that a `Ref` or `Fn::GetAtt` points to."""
    if isinstance(value, dict):
        return value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]
    return None


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of an identity policy, with the logical id of the policy."""
    for name, policy in resources(template, "IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement
    for name, role in resources(template, "IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def watched_by(alarm: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """(namespace, name, what the first dimension names) of each metric that an alarm looks at."""
    properties = alarm["Properties"]
    computed = [
        each["MetricStat"]["Metric"]
        for each in properties.get("Metrics", ())
        if "MetricStat" in each
    ]
    for metric in computed or [properties]:
        dimensions = metric.get("Dimensions", [{"Value": None}])
        named = dimensions[0]["Value"]
        yield metric["Namespace"], metric["MetricName"], target(named) or (named and str(named))


def machine_named(template: dict[str, Any], name: str) -> dict[str, Any]:
    """The properties of the state machine of that name."""
    made = resources(template, "StepFunctions::StateMachine").values()
    (found,) = (one["Properties"] for one in made if one["Properties"]["StateMachineName"] == name)
    return found


def states_of(machine: dict[str, Any]) -> dict[str, Any]:
    """Its states, each value that is only known when it is deployed being its logical id."""
    parts = machine["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else str(target(part)) for part in parts)
    states: dict[str, Any] = json.loads(text)["States"]
    return states


def followers(state: dict[str, Any]) -> Iterator[str]:
    """The states that follow, by the way or by a choice."""
    yield from (state[name] for name in ("Next", "Default") if name in state)
    yield from (choice["Next"] for choice in state.get("Choices", ()))


def allowed_to(template: dict[str, Any], prefix: str) -> dict[str, list[Any]]:
    """What the one role whose logical id begins so may do: resources by action."""
    (role,) = [name for name in resources(template, "IAM::Role") if name.startswith(prefix)]
    allowed: dict[str, list[Any]] = {}
    for policy in resources(template, "IAM::Policy").values():
        if role in map(target, policy["Properties"]["Roles"]):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                for action in listed(statement["Action"]):
                    allowed.setdefault(action, []).extend(listed(statement["Resource"]))
    return allowed
