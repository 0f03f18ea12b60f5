"""A real IMAP server (pymap) on loopback, with mailboxes in memory, for the tests of mail.

Add here: a way to bring the server into a state that a test needs, by IMAP where IMAP can do it.
Keep out: messages (`imap_mail.py`) and anything that answers in the place of the server.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import imaplib
import logging
import socket
import ssl
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

USER, PASSWORD = "reports@acme.cn", "s3cr3t-planted"


class ImapServer:
    """One server with one account; `commands` is what clients have sent, without the answers."""

    def __init__(
        self,
        certificate: Path | None = None,
        *,
        implicit: bool = False,
        password: str = PASSWORD,
    ) -> None:
        """With a certificate: STARTTLS is offered, or `implicit` TLS is spoken from the start."""
        self.commands: list[str] = []
        self.port = 0
        self._password = password
        self._certificate, self._implicit = certificate, implicit
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> ImapServer:
        logger = logging.getLogger("pymap.imap")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        self._handler = _Commands(self.commands)
        logger.addHandler(self._handler)
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        logger = logging.getLogger("pymap.imap")
        logger.removeHandler(self._handler)
        logger.setLevel(logging.NOTSET)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        context = None
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._certificate)
        offers_starttls = context is not None and not self._implicit
        arguments = Namespace(
            debug=False,
            passlib_cfg=None,
            tls=offers_starttls,
            host=None,
            port="0",
            cert=None,
            key=None,
            proxy_protocol=None,
            demo_data=False,
            demo_user=USER,
            demo_password=self._password,
        )
        overrides: dict[str, Any] = {
            "ssl_context": context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
            "invalid_user_sleep": 0.0,
            "hash_context": BuiltinHash(rounds=1000),  # a login costs half a second otherwise
        }
        backend, config = await DictBackend.init(arguments, **overrides)
        config.apply_context()
        callback = ProxyProtocolReader(config.proxy_protocol).get_callback(
            IMAPServer(backend.login, config)
        )
        server = await asyncio.start_server(
            callback, "127.0.0.1", 0, ssl=context if self._implicit else None
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """The standard library's client, logged in: what a person's mail program would do."""
        context = ssl._create_unverified_context() if self._certificate else None
        if self._implicit:
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=context)
        else:
            client = imaplib.IMAP4("127.0.0.1", self.port)
            if context:
                client.starttls(context)
        # The client writes a literal in pieces, and each would wait for the answer to the last.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secret = f"\0{USER}\0{self._password}".encode()
        client.authenticate("PLAIN", lambda _: secret)
        try:
            yield client
        finally:
            client.logout()

    def put(self, message: bytes, received: dt.datetime, folder: str = "INBOX") -> None:
        """Deliver a message, unread, as received at a moment (with time zone)."""
        when = imaplib.Time2Internaldate(received)
        with self.client() as client:
            kind, answer = client.append(folder, "", when, message)
            assert kind == "OK", answer

    def make(self, folder: str) -> None:
        with self.client() as client:
            assert client.create(folder)[0] == "OK"

    def remove(self, folder: str) -> None:
        with self.client() as client:
            assert client.delete(folder)[0] == "OK"

    def flags(self, folder: str = "INBOX") -> list[bytes]:
        """The flags of every message, as the server tells them."""
        with self.client() as client:
            client.select(folder, readonly=True)
            return [line for line in client.fetch("1:*", "(UID FLAGS)")[1] if line]

    def expunge(self, folder: str = "INBOX") -> None:
        """Delete every message of the folder."""
        with self.client() as client:
            client.select(folder)
            client.store("1:*", "+FLAGS", r"(\Deleted)")
            client.expunge()


class _Commands(logging.Handler):
    """Collects what the server has read, line by line."""

    def __init__(self, commands: list[str]) -> None:
        super().__init__()
        self._commands = commands

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "-->|" in text:
            self._commands.append(text.split("-->| ", 1)[-1])


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(time.time()))
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
