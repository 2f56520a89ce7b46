"""A walker for the part of Amazon States Language that journeys compile to.

It knows nothing of journeys: states, paths, tokens, retries and catchers only. Lambda is a function
that is passed in; a Task with a token ends when `redeemed` knows it, else with a time-out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Payload = dict[str, Any]


@dataclass
class Execution:
    """One execution: the states it entered, how it ended, and when it was told to wake.

    `listened` is for how many seconds each Task with a token may last.
    """

    machine: dict[str, Any]
    invoke: Callable[[Payload], Any]
    redeemed: Callable[[str], Any]
    slept_until: Callable[[str], None]
    entered: list[str] = field(default_factory=list)
    listened: list[int] = field(default_factory=list)

    def run(self, data: dict[str, Any]) -> str:
        """Run to the end; gives the type of the last state (`Succeed`, `Fail`, `Task`)."""
        name: str | None = self.machine["StartAt"]
        while name is not None:
            state = self.machine["States"][name]
            self.entered.append(name)
            data, name = self._enter(state, data)
        return str(state["Type"])

    def _enter(self, state: dict[str, Any], data: dict[str, Any]) -> tuple[Any, str | None]:
        following = None if state.get("End") else state.get("Next")
        match state["Type"]:
            case "Succeed" | "Fail":
                return data, None
            case "Pass":
                return data, following
            case "Wait":
                self.slept_until(path(state["TimestampPath"], data))
                return data, following
            case "Choice":
                for rule in state["Choices"]:
                    if path(rule["Variable"], data) == rule["StringEquals"]:
                        return data, rule["Next"]
                return data, state["Default"]
            case "Task":
                return self._task(state, data, following)
            case other:
                raise AssertionError(other)

    def _task(self, state: dict[str, Any], data: Any, following: str | None) -> Any:
        token = f"token {len(self.entered)}"
        payload = _filled(state["Parameters"]["Payload"], data, token)
        if "TimeoutSecondsPath" in state:
            seconds = path(state["TimeoutSecondsPath"], data)
            assert isinstance(seconds, int), seconds
            assert seconds > 0
            self.listened.append(seconds)
        try:
            result = self.invoke(payload)
            if state["Resource"].endswith(".waitForTaskToken"):
                result = self.redeemed(token)
                if result is None:
                    raise TimeoutError
            else:
                result = _filled(state["ResultSelector"], {"Payload": result}, token)
        except Exception as error:
            name = "States.Timeout" if isinstance(error, TimeoutError) else type(error).__name__
            for catcher in state["Catch"]:
                if {name, "States.ALL"} & set(catcher["ErrorEquals"]):
                    return {**data, "error": {"Error": name}}, catcher["Next"]
            raise
        assert state["ResultPath"] == "$.answer"
        return {**data, "answer": result}, following


def path(reference: str, data: Any) -> Any:
    """What a reference path points to."""
    for part in reference.removeprefix("$.").split("."):
        data = data[part]
    return data


def _filled(template: Payload, data: Any, token: str) -> Payload:
    return {
        key.removesuffix(".$"): (token if value == "$$.Task.Token" else path(value, data))
        if key.endswith(".$")
        else value
        for key, value in template.items()
    }
