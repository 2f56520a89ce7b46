"""Nothing inside is ever called, however its address is written: by the code that runs live."""

import ipaddress
import socket
import threading
from collections.abc import Iterator

import pytest

from shared.providers.http import NeverLeftError
from shared.providers.webhook.calling import HttpsCaller, NotPublicError, resolve

INSIDE = [
    *("127.0.0.1", "10.0.0.1", "172.16.31.4", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "127.8.8.8", "198.18.0.1"),
]
INSIDE_6 = [
    *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
    *("100::1", "3fff::1", "5f00::1", "4000::1", "64:ff9b:1::1", "2001:0:0:0:0:0:5601:5601"),
]


def spellings(address: str) -> Iterator[str]:
    """Ways to write one address of IPv4, of which some are understood and some are not."""
    number = int(ipaddress.ip_address(address))
    parts = [number >> shift & 255 for shift in (24, 16, 8, 0)]
    a, b, c, d = parts
    yield address
    yield str(number)
    yield hex(number)
    yield "0" + format(number, "o")
    yield ".".join(format(each, "#x") for each in parts)
    yield ".".join("0" + format(each, "o") for each in parts)
    yield f"{a}.{b}.{c << 8 | d}"
    yield f"{a}.{b << 16 | c << 8 | d}"
    yield f"{a:#x}.{b}.0{c:o}.{d}"
    yield f"{address}."
    yield "%31" + address[1:]
    yield address.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    yield address.replace(".", "。")
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{a << 8 | b:x}:{c << 8 | d:x}]"
    yield f"[::{address}]"
    yield f"[::ffff:0:{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[2002:{a << 8 | b:x}:{c << 8 | d:x}::1]"


ADDRESSES = [
    *(f"https://{one}/" for address in INSIDE for one in spellings(address)),
    *(f"https://[{address}]/" for address in INSIDE_6),
    "https://[fe80::1%25eth0]/",
]
# Names, and where they lead.
NAMES = {
    "localhost": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "inside.example": ["10.1.2.3"],
    "one-of-many.example": ["8.8.8.8", "10.0.0.1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "sixtofour.example": ["2002:7f00:1::"],
    "zone.example": ["fe80::1%eth0"],
    "nothing.example": [],
}
OTHERS = [
    *(f"https://{name}/" for name in NAMES),
    *(f"https://{name.upper()}:8443/path?query" for name in NAMES),
    *("https://ｌｏｃａｌｈｏｓｔ/", "https://ⓛocalhost/", "https://localhost./", "https://a..b/"),
    *("https://shop.example@127.0.0.1/", "https://127.0.0.1@outside.example/"),
    *("https://user:secret@outside.example/", "https://@outside.example/"),
    *("http://outside.example/", "ftp://outside.example/", "file:///etc/passwd", "//outside"),
    *("gopher://outside.example/", "ws://outside.example/", "javascript:alert(1)", "", "https://"),
    *("https://outside.example:0x1bb/", "https://outside.example:99999/", "https://outside:-1/"),
    *("https://outside.example:port/", "https:///path", "https://[::1/", "https://[]/"),
    *("https://outside.example/\r\nHost: inside.example", "https://outside.example/a b"),
    *("https://127.0.0.1\\@outside.example/", "https://127.0.0.1#@outside.example/"),
    *("https://127.0.0.1?@outside.example/", f"https://{'a' * 70}.example/"),
]
BAD = [*ADDRESSES, *OTHERS]


class Canary:
    """Somebody inside, who hears everybody that knocks."""

    def __init__(self) -> None:
        self.knocks = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        while True:
            try:
                visitor, _ = self._door.accept()
            except OSError:
                return
            self.knocks += 1
            visitor.close()

    def close(self) -> None:
        self._door.close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


def look_up(host: str, port: int) -> list[str]:
    """Names as the table says, and what is written in numbers as the system reads it."""
    if host.lower() in NAMES:
        return NAMES[host.lower()]
    if any(each.isdigit() for each in host) or ":" in host or not host:
        return resolve(host, port)
    if host == "outside.example":
        return ["8.8.8.8"]
    raise NeverLeftError(f"the name {host} is not known now")


def test_there_are_enough_of_them():
    assert len(set(BAD)) >= 200


@pytest.mark.parametrize("url", BAD)
def test_it_is_refused(canary: Canary, url: str):
    caller = HttpsCaller(look_up, port=canary.port)

    with pytest.raises((NotPublicError, NeverLeftError)) as caught:
        caller.post(url, b"{}", {})

    # What is no name at all may not be known; nothing may have been tried.
    assert caught.type is NotPublicError or "is not known now" in str(caught.value)
    assert canary.knocks == 0


def test_a_name_that_leads_elsewhere_when_it_is_called_is_not_asked_again(canary: Canary):
    """Rebinding: the second answer leads inside, and nobody asks for it."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with pytest.raises(NotPublicError):
        HttpsCaller(rebinding, port=canary.port).post("https://rebinding.example/", b"{}", {})
    assert asked == ["rebinding.example"]
    assert canary.knocks == 0
