"""Calls servers of others over HTTPS: only public addresses, no redirects, one answer in time.

A name is resolved once and the very address that was looked at is called, so that a name cannot
mean one address when it is checked and another when it is used.
"""

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, Timer
from typing import Any, Final
from urllib.parse import urlsplit

from shared.providers.http import NeverLeftError, NoAnswerError

# A call is over after ten seconds, whatever the server does.
LOOK_UP_SECONDS: Final = 3.0
CALL_SECONDS: Final = 7.0
_PATIENCE_SECONDS: Final = 5.0  # to connect, and between one byte and the next
_MOST_READ: Final = 4_096  # of an answer, which nobody looks at
# What stands in a path as it is; everything else is percent-encoded.
_CLEAN: Final = re.compile(r"[!-~]+")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")

Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name; raises NeverLeftError when they cannot be learnt now.

    Raises ValueError when nothing can have that name. The system may look for longer than a call
    may take and cannot be stopped, so a thread waits for it.
    """
    answer: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answer.set_exception(error)

    Thread(target=look_up, daemon=True).start()
    try:
        found = answer.result(LOOK_UP_SECONDS)
    except OSError as error:  # being out of time is one as well
        raise NeverLeftError(f"the name {host} is not known now") from error
    return [str(each[4][0]) for each in found]


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet, also when it hides inside another."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found.sixtofour is not None:
            return is_public(str(found.sixtofour))
        if found not in _GIVEN_OUT or found in _DOCUMENTS:
            return False
    elif found in _PROTOCOLS:
        return False
    return found.is_global and not found.is_multicast


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # leads to the address of IPv4 at its end
_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")  # of IPv6, to whoever is on the internet
_DOCUMENTS: Final = ipaddress.IPv6Network("3fff::/20")  # which Python does not know yet
# Python before 3.13 takes some of these for public ones.
_PROTOCOLS: Final = ipaddress.IPv4Network("192.0.0.0/24")


class NotPublicError(Exception):
    """The address may not be called, or nothing can have it."""


class HttpsCaller:
    """Posts bodies; each call is one connection."""

    def __init__(
        self, resolve: Resolve = resolve, context: ssl.SSLContext | None = None, port: int = 443
    ) -> None:
        """`resolve` gives addresses of a name; `port` is where addresses without one lead."""
        self._resolve = resolve
        self._context = context or ssl.create_default_context()
        self._port = port

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body; gives the status of the answer.

        Raises NotPublicError where nobody may be called, NeverLeftError where there was no
        connection, and NoAnswerError where nobody knows what the server has seen.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or self._port
            if parts.scheme != "https" or parts.username is not None:
                raise NotPublicError("only https without a user is called")
            addresses = self._resolve(host, port)
            if not addresses or not all(map(is_public, addresses)):
                raise NotPublicError("the address is not a public one")
            path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            if not _CLEAN.fullmatch(path) or _CONTROL.search(url):
                raise NotPublicError("no server can have such an address")
            return self._post(host, port, addresses[0], path, body, headers)
        except (ValueError, http.client.InvalidURL):
            raise NotPublicError("no server can have such an address") from None

    def _post(
        self, host: str, port: int, address: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> int:
        connection = _Pinned(host, port, address, self._context)
        limit = Timer(CALL_SECONDS, connection.cut)
        limit.daemon = True
        limit.start()
        try:
            try:
                connection.connect()
            except OSError as error:
                raise NeverLeftError("the server of a webhook does not answer") from error
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            with suppress(OSError, http.client.HTTPException):
                answer.read(_MOST_READ)
            return answer.status
        except http.client.InvalidURL:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError("the server of a webhook does not answer") from error
        finally:
            limit.cancel()
            connection.close()


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, with the name that its certificate must have."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=_PATIENCE_SECONDS, context=context)
        self._address = address
        self._tls = context
        self._over = False
        self._line: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the address that was looked at."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        # The handshake comes after: it is a talk with the server, which can be cut as well.
        line = self._tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock = self._line = line
        if self._over:
            raise TimeoutError("the time was up before there was a connection")
        line.do_handshake()

    def cut(self) -> None:
        """End the call wherever it stands: the patience begins anew with every byte that comes."""
        self._over = True
        if self._line is not None:
            with suppress(OSError):  # it is closed already
                # Not that of TLS, which would send a farewell and change what is being read.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
