"""Calls of webhooks: over real HTTPS, to the very address that was looked at, public ones only."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.domain.journeys.kinds import https_only
from shared.errors import TransientError
from shared.providers.webhook import calling
from shared.providers.webhook.calling import HttpsCaller, is_public
from shared.providers.webhook.sender import WebhookSender

NOW = datetime.datetime(2026, 11, 29, 8, tzinfo=datetime.UTC)
NAME = "crm.example"


def hook(caller, secret=None):
    return WebhookSender(caller, lambda workspace_id: secret, lambda: NOW)


PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "192.0.0.8"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2001:db8::1", "2001:0:0:0:0:0:5601:5601"),
    *("fec0::1", "feff::1", "64:ff9b:1::1", "64:ff9b:1::808:808", "::ffff:0:10.0.0.1"),
    *("::ffff:0:8.8.8.8", "::10.0.0.1", "::8.8.8.8", "5f00::1", "::ffff:8.8.8.8", "4000::1"),
    *("64:ff9b::10.0.0.1", "2002:a00:1::1", "1fff::1", "100::1", "2001:db8:1::1", "3fff::1"),
]


PUBLIC = [
    *("8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"),
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_inside_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are(address):
    assert is_public(address)


class Server(BaseHTTPRequestHandler):
    status = 200
    seen: ClassVar[list] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Host"], self.headers["Idempotency-Key"],
                          json.loads(body)))  # fmt: skip
        self.send_response(self.status)
        self.send_header("Location", "https://elsewhere.example/")
        self.end_headers()

    def log_message(self, *parts):
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate):
    Server.status, Server.seen = 200, []
    served = HTTPServer(("127.0.0.1", 0), Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served.server_address[1]
    served.shutdown()
    served.server_close()


@pytest.fixture
def caller(server, certificate, monkeypatch):
    """The test's server is on this machine, which no public address is: only that is let pass."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    inside = ipaddress.ip_address("127.0.0.1")
    monkeypatch.setattr(
        calling, "is_public", lambda one: ipaddress.ip_address(one) == inside or is_public(one)
    )
    return hook(HttpsCaller(lambda host, port: ["127.0.0.1"], trusting, server))


def test_a_body_arrives_at_the_address_that_was_looked_at(caller, server):
    assert caller.call(f"https://{NAME}/hook?a=1", b'{"b": 2}', "key", "default") == "taken"
    assert Server.seen == [("/hook?a=1", f"{NAME}:{server}", "key", {"b": 2})]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 422])
def test_what_is_refused_for_good_is_said_and_redirects_are_not_followed(caller, status):
    Server.status = status
    assert caller.call(f"https://{NAME}/", b"{}", "key", "default") == (
        f"refused: the server answered {status}"
    )
    assert len(Server.seen) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_may_be_taken_later_comes_again(caller, status):
    Server.status = status
    with pytest.raises(TransientError):
        caller.call(f"https://{NAME}/", b"{}", "key", "default")


def test_a_certificate_of_another_name_is_not_trusted(caller):
    with pytest.raises(TransientError):
        caller.call("https://other.example/", b"{}", "key", "default")
    assert Server.seen == []


def test_nobody_at_the_other_end(certificate):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    caller = hook(HttpsCaller(lambda host, port: []))
    assert caller.call(f"https://{NAME}:{port}/", b"{}", "key", "default").startswith("refused")


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_inside_is_never_called(server, certificate, address):
    trusting = ssl.create_default_context(cafile=str(certificate))
    for addresses in ([address], ["8.8.8.8", address]):
        caller = hook(HttpsCaller(lambda host, port, found=addresses: found, trusting, server))
        assert caller.call(f"https://{NAME}/", b"{}", "key", "default") == (
            "refused: the address is not a public one"
        )
    assert Server.seen == []


NEVER = [
    f"https://{NAME}/\u901a\u77e5",
    f"https://{NAME}/?q=\u00e9",
    f"https://{NAME}/a b",
    f"https://{NAME}/a\x7f",
    f"https://{NAME}:99999/",
    f"https://{NAME}:abc/",
]
MENDED = ["https://\u901a\u77e5.example/", f"https://{NAME}/a\tb", f"https://{NAME}:0/"]


@pytest.mark.parametrize("url", NEVER)
def test_what_can_never_be_called_is_not_published_and_not_tried_again(caller, url):
    with pytest.raises(ValueError, match=r"percent-encoded|port"):
        https_only(url)
    assert caller.call(url, b"{}", "key", "default").startswith("refused: ")
    assert Server.seen == []


@pytest.mark.parametrize("url", MENDED)
def test_what_would_be_called_as_something_else_is_not_published(url):
    with pytest.raises(ValueError, match=r"percent-encoded|port"):
        https_only(url)


@pytest.mark.parametrize("host", ["a..example", "a" * 70 + ".example"])
def test_a_name_that_nothing_can_have_is_refused(host):
    assert (
        hook(HttpsCaller())
        .call(f"https://{host}/", b"{}", "key", "default")
        .startswith("refused: ")
    )


@pytest.mark.parametrize(
    "url",
    [f"https://{NAME}/%E9%80%9A?q=%C3%A9#a", f"https://{NAME}:8443/", "https://[2606:4700::1]/"],
)
def test_what_can_be_called_is_published(url):
    assert https_only(url) == url


def test_a_name_is_not_looked_up_for_ever(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(calling, "LOOK_UP_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *about, **more: over.wait() and [])
    with pytest.raises(TransientError, match="is not known now"):
        hook(HttpsCaller()).call(f"https://{NAME}/", b"{}", "key", "default")
    over.set()


@pytest.fixture(params=["handshake", "status", "headers", "body"])
def dripping(request, certificate):
    """A server that never comes to the end of what it says, byte after byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening, over = socket.create_server(("127.0.0.1", 0)), threading.Event()
    said = {
        "handshake": b"",
        "status": b"",
        "headers": b"HTTP/1.1 200 OK\r\nX: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
    }[request.param]
    # A handshake that goes on: the head of a record of 16,384 bytes.
    drop = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" if request.param == "handshake" else b"1"

    def serve():
        line, _ = listening.accept()
        with suppress(OSError), line:
            if request.param != "handshake":
                line = context.wrap_socket(line, server_side=True)
                line.recv(1_000)
                line.sendall(said)
            line.sendall(drop)
            while not over.wait(0.01):
                line.sendall(b"1")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield request.param, listening.getsockname()[1]
    over.set()
    thread.join()
    listening.close()


def test_a_server_that_drips_is_cut_off(dripping, caller, monkeypatch):
    """Without a limit of the whole this would hang: no byte is late. A status that came counts."""
    where, port = dripping
    monkeypatch.setattr(calling, "CALL_SECONDS", 0.5)
    url = f"https://{NAME}:{port}/"
    if where in ("headers", "body"):
        assert caller.call(url, b"{}", "key", "default") == "taken"
    else:
        with pytest.raises(TransientError, match="does not answer"):
            caller.call(url, b"{}", "key", "default")
