"""Calls of webhooks: over real HTTPS, to the very address that was looked at, public ones only."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from functions.perform_action import calling
from functions.perform_action.calling import HttpsCaller, is_public
from shared.errors import TransientError

NAME = "crm.example"

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "192.0.0.8"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2001:db8::1", "2001:0:0:0:0:0:5601:5601"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_inside_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
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
    return HttpsCaller(lambda host, port: ["127.0.0.1"], trusting, server)


def test_a_body_arrives_at_the_address_that_was_looked_at(caller, server):
    assert caller.call(f"https://{NAME}/hook?a=1", b'{"b": 2}', "key") == "taken"
    assert Server.seen == [("/hook?a=1", f"{NAME}:{server}", "key", {"b": 2})]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 422])
def test_what_is_refused_for_good_is_said_and_redirects_are_not_followed(caller, status):
    Server.status = status
    assert caller.call(f"https://{NAME}/", b"{}", "key") == (
        f"refused: the server answered {status}"
    )
    assert len(Server.seen) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_may_be_taken_later_comes_again(caller, status):
    Server.status = status
    with pytest.raises(TransientError):
        caller.call(f"https://{NAME}/", b"{}", "key")


def test_a_certificate_of_another_name_is_not_trusted(caller):
    with pytest.raises(TransientError):
        caller.call("https://other.example/", b"{}", "key")
    assert Server.seen == []


def test_nobody_at_the_other_end(certificate):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    caller = HttpsCaller(lambda host, port: ["8.8.8.8"])
    caller._resolve = lambda host, port: []
    assert caller.call(f"https://{NAME}:{port}/", b"{}", "key").startswith("refused")


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_that_leads_inside_is_never_called(server, certificate, address):
    trusting = ssl.create_default_context(cafile=str(certificate))
    for addresses in ([address], ["8.8.8.8", address]):
        caller = HttpsCaller(lambda host, port, found=addresses: found, trusting, server)
        assert caller.call(f"https://{NAME}/", b"{}", "key") == (
            "refused: the address is not a public one"
        )
    assert Server.seen == []
