"""What a hostile or broken server can do to the process: nothing beyond its bounds."""

from __future__ import annotations

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


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_points_inside_is_not_followed(address, monkeypatch):
    monkeypatch.setattr("pipelines.sources.http.addresses.getproxies", dict)
    addresses = Addresses("crm", resolve=lambda host: ["8.8.8.8", address])
    with pytest.raises(PermanentFailure, match="private_network: true"):
        addresses.check("https://crm.example/rows")
    Addresses("crm", private=True, resolve=lambda host: [address]).check("https://crm.example/rows")


def test_an_address_inside_needs_no_name():
    with pytest.raises(PermanentFailure, match="169.254.169.254"):
        Addresses("crm").check("https://169.254.169.254/latest")
    Addresses("crm").check("http://127.0.0.1:8080/rows")
    Addresses("crm", resolve=lambda host: ["93.184.216.34"]).check("https://crm.example/rows")
    assert is_public("2606:2800:220:1::1")


def test_a_proxy_looks_names_up_itself(monkeypatch):
    monkeypatch.setattr(
        "pipelines.sources.http.addresses.getproxies", lambda: {"https": "http://proxy:3128"}
    )
    monkeypatch.setattr("pipelines.sources.http.addresses.proxy_bypass", lambda host: False)
    Addresses("crm", resolve=lambda host: ["10.0.0.1"]).check("https://crm.example/rows")
    with pytest.raises(Failure):
        Addresses("crm").check("https://10.0.0.1/rows")
