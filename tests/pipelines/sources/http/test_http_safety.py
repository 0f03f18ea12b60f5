"""What a hostile or broken server can do to the process: nothing beyond its bounds."""

from __future__ import annotations

import contextlib
import gzip
import resource
import socket
import threading
import time
import zlib

import pytest
from simulators.server import Response, Simulator

from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.sources.http import ReadOnlyClient, RetryPolicy, Timeouts
from pipelines.sources.http.addresses import Addresses, is_public
from pipelines.sources.http.transport import Outgoing, Transport

ONCE = RetryPolicy(tries=1, base=0.001)


class Packed(Simulator):
    """Answers with a body that is encoded as it was told."""

    body, encoding = b"{}", ""

    def answer(self, request):
        headers = {"Content-Type": "application/json", "Content-Encoding": self.encoding}
        return Response(200, self.body, headers)


@pytest.fixture
def packed():
    with Packed() as running:
        yield running


def ask(server, **details):
    details.setdefault("retry", ONCE)
    with ReadOnlyClient(server.url, name="crm", allowed=[("GET", "/rows")], **details) as client:
        return client.get_json("/rows").json


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
    ],
    ids=["none", "identity", "gzip", "deflate", "raw deflate"],
)
def test_bodies_are_inflated(packed, encoding, pack):
    packed.encoding, packed.body = encoding, pack(b'{"rows": [1]}')
    assert ask(packed) == {"rows": [1]}


def bomb(megabytes, window=31):
    """Packed blanks, made piece by piece: the test itself must not take what it is to find."""
    packing = zlib.compressobj(9, zlib.DEFLATED, window)
    pieces = [packing.compress(b" " * 1024 * 1024) for _ in range(megabytes)]
    return b"".join([*pieces, packing.flush()])


@pytest.mark.parametrize(("encoding", "window"), [("gzip", 31), ("deflate", 15)])
def test_a_bomb_is_left_before_it_has_gone_off(packed, encoding, window):
    packed.encoding, packed.body = encoding, bomb(600, window)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PermanentFailure, match="larger than 2 MB"):
        ask(packed, max_body=2 * 1024 * 1024)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024  # KiB: pieces, not the whole


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip,gzip", "br", "gzip deflate"])
def test_what_was_not_asked_for_is_not_inflated(packed, encoding):
    packed.encoding, packed.body = encoding, gzip.compress(bomb(100))
    with pytest.raises(TransientFailure, match="compressed answer"):
        ask(packed)


@pytest.mark.parametrize("cut", [12, 25])
def test_half_a_compressed_body_is_no_body(packed, cut):
    packed.encoding, packed.body = "gzip", gzip.compress(b'{"rows": [1, 2, 3, 4]}')[:cut]
    with pytest.raises(TransientFailure, match="compressed answer"):
        ask(packed)


def test_a_body_of_several_members_is_read_to_its_end(packed):
    packed.encoding = "gzip"
    packed.body = gzip.compress(b'{"rows": [1,') + gzip.compress(b" 2]}") + b"\0" * 9
    assert ask(packed) == {"rows": [1, 2]}
    # Members are counted together, and what is none of them is damage.
    packed.body = gzip.compress(b" " * 100_000) * 40
    with pytest.raises(PermanentFailure, match="larger than 2 MB"):
        ask(packed, max_body=2 * 1024 * 1024)
    packed.body = gzip.compress(b"{}") + b"more"
    with pytest.raises(TransientFailure, match="compressed answer"):
        ask(packed)


def endless(*pieces):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + pieces[0]
    while True:
        yield pieces[1]


def redirect(target):
    return [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target + b"\r\n\r\n"]


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HEADERS = b"".join(b"X-%d: a\r\n" % number for number in range(20_000))
# What a server sends -> what is said of it.
HOSTILE = {
    "endless chunks": (
        lambda: endless(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
        "larger than",
    ),
    "endless body": (lambda: endless(b"\r\n", b" " * 65536), "larger than"),
    # Where the machine is busy, the time is up before the size is.
    "endless trailer": (
        lambda: endless(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
        "not HTTP|in time",
    ),
    "endless extension": (lambda: endless(CHUNKED + b"1;", b"a" * 999), "not HTTP|in time"),
    "chunks of a byte": (lambda: endless(CHUNKED, b"1\r\n \r\n" * 2000), "in time"),
    "many headers": (lambda: [b"HTTP/1.1 200 OK\r\n", HEADERS, b"\r\n"], "not HTTP"),
    "endless 100": (
        lambda: endless(b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "larger than|in time",
    ),
    "too short": (lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"], "not HTTP"),
    "a part": (lambda: [b"HTTP/1.1 206 Some\r\nContent-Length: 2\r\n\r\n{}"], "HTTP 206"),
    "to a port that cannot be": (lambda: redirect(b"http://127.0.0.1:999999/rows"), "another host"),
    "to no address": (lambda: redirect(b"http://[::1/rows"), "cut off|another host"),
    "to a file": (lambda: redirect(b"file:///etc/passwd"), "another host"),
    "to a private address": (lambda: redirect(b"https://10.0.0.1/rows"), "private network"),
    "to a name inside": (lambda: redirect(b"https://localhost.localdomain/rows"), "another host"),
}


@pytest.fixture
def raw():
    """A server that sends what it is given, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))
    sent = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                for piece in sent[0]():
                    connection.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


@pytest.mark.parametrize(("pieces", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_a_hostile_server_sends_ends_in_a_sentence(raw, pieces, said):
    url, sent = raw
    sent.append(pieces)
    limits = Timeouts(connect=1, read=0.3, whole=0.4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    details = {"retry": ONCE, "timeouts": limits, "max_body": 2 * 1024 * 1024}
    allowed, hosts = [("GET", "/rows")], ["10.*"]
    with (
        ReadOnlyClient(url, name="crm", allowed=allowed, hosts=hosts, **details) as client,
        pytest.raises(Failure, match=said),
    ):
        client.get_json("/rows")
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_mark_of_the_byte_order_is_no_part_of_json(packed):
    packed.body = b'\xef\xbb\xbf{"rows": 1}'
    assert ask(packed) == {"rows": 1}


@pytest.fixture
def dripping():
    """A server that sends one byte of its headers every 50 ms, for as long as anybody listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not stop.wait(0.05):
                    connection.sendall(b"a")
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop.set()
    listener.close()
    thread.join(timeout=5)


def test_headers_that_drip_end_with_the_time_for_one_reply(dripping):
    limits = Timeouts(connect=1, read=5, whole=0.4)
    started = time.monotonic()
    with (
        ReadOnlyClient(
            dripping, name="crm", allowed=[("GET", "/rows")], retry=ONCE, timeouts=limits
        ) as client,
        pytest.raises(TransientFailure, match="no complete answer in time"),
    ):
        client.get_json("/rows")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "url",
    ["http://crm.example/a", "http://10.0.0.5/a", "http://[fe80::1]/a", "http://127.0.0.1.nip.io/"],
)
def test_nothing_is_sent_in_the_clear(url):
    with pytest.raises(PermanentFailure, match="in the clear") as caught:
        Addresses("crm", private=True).check(url)
    assert "https://" in str(caught.value)


INSIDE = ["10.1.2.3", "172.16.0.9", "192.168.1.8", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
INSIDE += ["fe80::1", "fd00::1", "::ffff:10.0.0.1", "::", "127.0.0.9", "224.0.0.1"]
# Addresses that a translator or tunnel takes inside.
INSIDE += ["64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:0a00:0001::", "::10.0.0.1", "fec0::1"]
INSIDE += ["::ffff:0:169.254.169.254", "2001:0:a00:1::", "192.0.0.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_points_inside_is_not_followed(address, monkeypatch):
    monkeypatch.setattr("pipelines.sources.http.addresses.getproxies", dict)
    addresses = Addresses("crm", resolve=lambda host: ["8.8.8.8", address])
    with pytest.raises(PermanentFailure, match="private_network: true"):
        addresses.check("https://crm.example/rows")
    Addresses("crm", private=True, resolve=lambda host: [address]).check("https://crm.example/rows")


def test_a_name_that_leads_inside_when_it_is_looked_up_again_is_sent_nothing(monkeypatch):
    """The first look-up says a public address, the one of the connection this machine."""
    monkeypatch.setattr("pipelines.sources.http.addresses.getproxies", dict)
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: look_up("127.0.0.1", *rest, **more)
    )
    with socket.create_server(("127.0.0.1", 0)) as inside:
        base = f"https://crm.example:{inside.getsockname()[1]}"
        transport = Transport(
            base, name="crm", allowed=[("GET", "/rows")], hosts=(), timeouts=Timeouts(),
            headers={}, max_body=1000, clock=time.monotonic,
            resolve=lambda host: ["93.184.216.34"],
        )  # fmt: skip
        with pytest.raises(PermanentFailure, match="private_network: true"):
            transport.exchange(Outgoing("GET", "/rows"))
        connection, _ = inside.accept()
        with connection:
            connection.settimeout(5)
            assert connection.recv(100) == b""


def test_an_address_inside_needs_no_name():
    with pytest.raises(PermanentFailure, match="169.254.169.254"):
        Addresses("crm").check("https://169.254.169.254/latest")
    Addresses("crm").check("http://127.0.0.1:8080/rows")
    Addresses("crm", resolve=lambda host: ["93.184.216.34"]).check("https://crm.example/rows")
    assert is_public("2606:2800:220:1::1")
    assert is_public("64:ff9b::8.8.8.8")


def test_a_proxy_looks_names_up_itself(monkeypatch):
    monkeypatch.setattr(
        "pipelines.sources.http.addresses.getproxies", lambda: {"https": "http://proxy:3128"}
    )
    monkeypatch.setattr("pipelines.sources.http.addresses.proxy_bypass", lambda host: False)
    Addresses("crm", resolve=lambda host: ["10.0.0.1"]).check("https://crm.example/rows")
    with pytest.raises(Failure):
        Addresses("crm").check("https://10.0.0.1/rows")
