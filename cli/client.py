"""A small client of the admin API."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from cli.errors import ApiError, UnreachableError
from shared.domain.workspace.operation import MOST_OF_PAGE, OPERATOR_PREFIX, PREFIX

# Publishing compiles and stores; the gateway itself gives up after 30 seconds.
TIMEOUT_SECONDS: Final = 35.0

Answer = dict[str, Any]


class AdminClient:
    """Calls the admin API of one deployment; every method raises ApiError or UnreachableError."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        """`key` is the admin key or a token; `transport` takes the place of the network."""
        self.url = url.rstrip("/")
        self._prefix = OPERATOR_PREFIX if is_token(key) else PREFIX
        self._http = httpx.Client(
            headers={"authorization": f"Bearer {key}"},
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    def get(self, *parts: str, **query: str) -> Answer:
        """Ask for something."""
        return self._call("GET", parts, query=query)

    def each(self, *parts: str, most: int | None = None, **query: str) -> Iterator[Answer]:
        """Every entry of a list that is answered page by page, or so many of them at `most`.

        The last part of the path is what the answer calls its entries.
        """
        left = most
        while left is None or left > 0:
            limit = MOST_OF_PAGE if left is None else min(MOST_OF_PAGE, left)
            page = self.get(*parts, **{**query, "limit": str(limit)})
            yield from page[parts[-1]]
            if page["cursor"] is None:
                return
            query["cursor"] = page["cursor"]
            left = None if left is None else left - len(page[parts[-1]])

    def put(self, *parts: str, body: Any, **query: str) -> Answer:  # noqa: ANN401
        """Store something."""
        return self._call("PUT", parts, query=query, body=body)

    def post(self, *parts: str, body: Any = None, **query: str) -> Answer:  # noqa: ANN401
        """Do something."""
        return self._call("POST", parts, query=query, body=body)

    def delete(self, *parts: str) -> Answer:
        """Take something away."""
        return self._call("DELETE", parts)

    def _call(
        self,
        method: str,
        parts: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        path = "/".join(quote(part, safe="") for part in parts)
        try:
            response = self._http.request(
                method, f"{self.url}{self._prefix}/{path}", params=query or None, json=body
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(f"{self.url} does not answer: {error}") from error
        return _read(response)


def is_token(key: str) -> bool:
    """Whether this is a JSON web token and not the admin key."""
    return key.startswith("eyJ") and key.count(".") == 2


def _read(response: httpx.Response) -> Answer:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.status_code == 401 and answer == {"message": "Unauthorized"}:
        raise ApiError(401, "unauthorized", "the gateway refused the token: sign in again", [])
    if not isinstance(answer, dict) or "success" not in answer:
        raise UnreachableError(
            f"{response.url.host} answered {response.status_code}, but not like Rapport: "
            "is the address right?"
        )
    if response.is_success:
        return answer
    details = [(one["path"], one["message"]) for one in answer.get("details", [])]
    raise ApiError(response.status_code, answer["code"], answer["message"], details)
