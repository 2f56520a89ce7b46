"""What WeChat and WeCom have in common as they are to senders: access tokens, and refusals."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from infra.local.providers.outbox import Now, Outbox, Refusal, Refused
from shared.providers.http import Request

TOKEN_LIFE: Final = timedelta(seconds=7_200)

Query = Mapping[str, list[str]]


@dataclass
class Desk(ABC):
    """Answers the calls below `/cgi-bin/`; a refusal is noted, and answered by its code."""

    outbox: Outbox
    now: Now

    NAME: ClassVar[str]
    WRONG_TOKEN: ClassVar[tuple[int, str]]

    def __post_init__(self) -> None:
        """Begin without a token."""
        self._token: tuple[str, datetime] | None = None

    def answer(self, request: Request) -> dict[str, Any]:
        """Answer one call."""
        parts = urlsplit(request.url)
        name = parts.path.removeprefix("/cgi-bin/")
        try:
            return self._answer(name, request, parse_qs(parts.query))
        except Refusal as error:
            self.outbox.refused.append(Refused(self.NAME, name, f"{error.code}: {error}"))
            return {"errcode": error.code, "errmsg": str(error)}

    @abstractmethod
    def _answer(self, name: str, request: Request, query: Query) -> dict[str, Any]:
        """The answer to a call by its name; raises Refusal."""

    def _check_token(self, query: Query) -> None:
        """Raise Refusal unless a call brings the token of now."""
        token = (query.get("access_token") or [""])[0]
        if self._token is None or token != self._token[0]:
            raise Refusal(*self.WRONG_TOKEN)
        if self._token[1] <= self.now():
            raise Refusal(42001, "access_token expired")

    def _token_for(self, name: str, *, anew: bool) -> dict[str, Any]:
        """The token of now and for how long it holds; one called `name` where there is none."""
        if self._token is None or anew:
            self._token = (name, self.now() + TOKEN_LIFE)
        left = int((self._token[1] - self.now()).total_seconds())
        return {"access_token": self._token[0], "expires_in": left}
