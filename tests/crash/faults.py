"""Faults between dispatch and everything that it calls, one at each call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from botocore.exceptions import ClientError, ReadTimeoutError

Fault = Literal["before", "after", "throttled", "lost"]
"""before: the process dies before the call. after: it dies when the call has taken effect.
throttled: the call is refused. lost: the call takes effect and its answer never arrives."""
FAULTS: tuple[Fault, ...] = get_args(Fault)


class KilledError(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Line:
    """What stands between one run of dispatch and the clients that it calls.

    `faults` says which calls, counted from 1 over all clients, meet which fault; `hook` runs
    before each call with its number. `calls` lists the calls by name.
    """

    faults: dict[int, Fault] = field(default_factory=dict)
    hook: Callable[[int], None] = lambda number: None
    calls: list[str] = field(default_factory=list)

    def around(self, client: Any) -> Any:
        """A client whose calls go through this line."""
        return _Client(client, self)

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        self.calls.append(name)
        number = len(self.calls)
        self.hook(number)
        match self.faults.get(number):
            case "before":
                raise KilledError
            case "throttled":
                raise _throttled(name)
            case "after":
                run()
                raise KilledError
            case "lost":
                run()
                raise ReadTimeoutError(endpoint_url="https://aws.example")
            case _:
                return run()


class _Client:
    def __init__(self, client: Any, line: Line) -> None:
        self._client = client
        self._line = line

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda **request: self._line.call(name, lambda: method(**request))


def _throttled(name: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": "ThrottlingException", "Message": "slow down"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        },
        name,
    )
