"""One message to one server: where it may go, and how little a server can do with us."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.core.webhooks import Answer, Delivery, DeliveryId, Dispatch, EventType, WebhookEvent, WebhookId
from services.story_worker.webhook_sender import Resolve, WebhookSender
from tests.builders import ALICE
from tests.fixtures.peer import Asked, answer, provider, replies
from tests.webhook_steps import SECRET, settings

HERE = "127.0.0.1"


def dispatch(url: str) -> Dispatch:
    at = datetime.now(UTC)
    event = WebhookEvent("evt_1", EventType.TEST, at, {"n": 1})
    delivery = Delivery(
        id=DeliveryId(uuid4()), user_id=ALICE, webhook_id=WebhookId(uuid4()), created_at=at, event=event, attempt=1, sent_at=at
    )
    return Dispatch(delivery, "story-worker/one", url, (SECRET,))


async def send(url: str, **changes: Any) -> Answer:
    return await WebhookSender(settings(**changes)).send(dispatch(url))


def reason(sent: Answer) -> str | None:
    return sent.problem.reason if sent.problem else None


class Names:
    """Answers for a name server: each time the next of its answers, and the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.left = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        return tuple(self.left.pop(0) if len(self.left) > 1 else self.left[0])


# -- where it may go -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [HERE, "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"])
async def test_private_networks_are_refused(host: str) -> None:
    async with provider(replies(answer(204))) as found:
        port = found.url.rpartition(":")[2]
        sent = await send(f"http://{host}:{port}/", webhook_allow_private=False)
    assert (sent.status, reason(sent)) == (None, "WEBHOOK_PRIVATE_ADDRESS")
    assert (found.asked, found.open) == ([], 0)


async def test_one_private_address_among_public_ones_is_enough() -> None:
    names = Names(["93.184.215.14", HERE])
    sender = WebhookSender(settings(webhook_allow_private=False), resolve=names)
    async with provider(replies(answer(204))) as found:
        assert reason(await sender.send(dispatch(found.url.replace(HERE, "hooks.example")))) == "WEBHOOK_PRIVATE_ADDRESS"
    assert found.asked == []


async def test_it_goes_to_the_address_that_was_looked_at() -> None:
    """A name server that answers otherwise when asked again gets nothing of it: it is asked once, and the system's not at all."""
    names = Names([HERE], ["10.0.0.1"])
    async with provider(replies(answer(204))) as found:
        url = found.url.replace(HERE, "hooks.example") + "/in?b=%20c"
        sent = await WebhookSender(settings(), resolve=names).send(dispatch(url))
    assert sent == Answer(204)
    assert names.asked == ["hooks.example"]
    (asked,) = found.asked
    assert (asked.path, asked.headers["host"]) == ("/in?b=%20c", url.split("/")[2])


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    async with provider(replies(answer(204))) as found:
        url = found.url.replace(HERE, "hooks.example")
        assert await WebhookSender(settings(), resolve=Names(["::1", HERE])).send(dispatch(url)) == Answer(204)
        gone = await WebhookSender(settings(), resolve=Names(["::1"])).send(dispatch(url))
    assert reason(gone) == "WEBHOOK_UNREACHABLE"


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://example.com/", "file:///etc/passwd"])
async def test_only_https_unless_allowed(url: str) -> None:
    assert reason(await send(url, webhook_allow_http=False)) == "WEBHOOK_NEEDS_HTTPS"


@pytest.mark.parametrize(
    "url", ["https://no-such-host.invalid/", "https://" + "a" * 70 + ".example/", "https://exa mple/", "https://a:99999/"]
)
async def test_what_cannot_be_reached_is_said(url: str) -> None:
    assert reason(await send(url)) == "WEBHOOK_UNREACHABLE"


async def test_a_redirect_is_not_followed() -> None:
    async with provider(replies(answer(204))) as other, provider(replies(answer(307, location=other.url))) as found:
        sent = await send(found.url)
    assert (sent.status, reason(sent)) == (307, "WEBHOOK_REDIRECTED")
    assert (len(found.asked), other.asked) == (1, [])


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with provider(replies(answer(502))) as proxy, provider(replies(answer(204))) as found:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert await send(found.url) == Answer(204)
    assert proxy.asked == []


# -- servers that misbehave ----------------------------------------------------------------------------------------------------


async def silent(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(_asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Headers without end, a little at a time: never silent, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: and more\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("handler", [silent, dripping])
async def test_a_server_that_takes_its_time_is_left(handler: Any) -> None:
    async with provider(handler) as found:
        sent = await send(found.url, webhook_timeout_seconds=0.3)
        while found.open:
            await found.closed.wait()
    assert reason(sent) == "WEBHOOK_TIMEOUT"
    assert sent.problem is not None
    assert sent.problem.params == {"seconds": 0.3}


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\nx-half: ", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000 + b"\r\n\r\n"],
)
async def test_a_server_that_does_not_finish_its_answer_has_not_received_it(said: bytes) -> None:
    async def handle(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        raise ConnectionError

    async with provider(handle) as found:
        assert reason(await send(found.url)) == "WEBHOOK_UNREACHABLE"


async def test_an_answers_body_is_not_read() -> None:
    written = 0

    async def endless(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n")
        while True:
            writer.write(b"z" * 65536)
            written += 65536
            await writer.drain()

    async with provider(endless) as found:
        assert await send(found.url) == Answer(200)
        while found.open:
            await found.closed.wait()
    assert written < 20_000_000


# -- TLS -----------------------------------------------------------------------------------------------------------------------


def _certificate(name: str, folder: Path) -> tuple[Path, bytes]:
    """A file with a key and a certificate that vouches for itself, and the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "server.pem"
    file.write_bytes(secret + pem)
    return file, pem


@asynccontextmanager
async def _secured(file: Path, seen: list[str | None]) -> AsyncIterator[int]:
    """A TLS server that answers 204 and notes the names by which it is called."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(204))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HERE, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_certificate_and_name_are_the_hosts(tmp_path: Path) -> None:
    """The connection goes to an address, and is still one with the host: by the name that it is called, and by its certificate."""
    file, certificate = _certificate("hooks.example", tmp_path)
    trusting = ssl.create_default_context(cadata=certificate.decode())
    resolve: Resolve = Names([HERE])
    seen: list[str | None] = []
    async with _secured(file, seen) as port:
        believed = WebhookSender(settings(), resolve=resolve, tls=trusting)
        assert await believed.send(dispatch(f"https://hooks.example:{port}/")) == Answer(204)
        other = await believed.send(dispatch(f"https://other.example:{port}/"))
        stranger = await WebhookSender(settings(), resolve=resolve).send(dispatch(f"https://hooks.example:{port}/"))
    assert seen[:2] == ["hooks.example", "other.example"]
    for refused in (other, stranger):
        assert refused.problem is not None
        assert refused.problem.reason == "WEBHOOK_UNREACHABLE"
        assert "certificate" in str(refused.problem.params["problem"]).lower()
