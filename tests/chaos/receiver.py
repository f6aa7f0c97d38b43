"""A webhooks' receiver: it verifies, writes down, and is out of order now and then."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import standardwebhooks

from tests.chaos.history import History, Message

_REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_RECEIVED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Receiver:
    """Listens on `port` of 127.0.0.1. While `moody`, one new message in twelve is refused, and one is not answered at all."""

    def __init__(self, port: int, history: History, seed: int) -> None:
        self.moody = True
        self._port = port
        self._history = history
        self._chance = random.Random(seed)
        self._known: set[str] = set()
        self._verifiers: dict[UUID, standardwebhooks.Webhook] = {}

    def url(self, user: UUID) -> str:
        """An address of that user's alone."""
        return f"http://127.0.0.1:{self._port}/{user}"

    def expect(self, user: UUID, secret: str) -> None:
        """What comes for the user is signed with this."""
        self._verifiers[user] = standardwebhooks.Webhook(secret)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """Serve until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            writer.write(self._answer(UUID(head[0].split(" ")[1].strip("/")), headers, body))
            await writer.drain()
        writer.close()

    def _answer(self, user: UUID, headers: dict[str, str], body: bytes) -> bytes:
        try:
            self._verifiers[user].verify(body, headers)
            verified = True
        except standardwebhooks.WebhookVerificationError:
            verified = False
        identifier = headers.get("webhook-id", "")
        # What is refused or not answered has arrived all the same: it may come again, and must be the same then.
        self._history.messages.append(Message(user, identifier, verified, json.loads(body)))
        fresh = identifier not in self._known
        self._known.add(identifier)
        mood = self._chance.randrange(12) if fresh and self.moody else -1
        return _REFUSED if mood == 0 else b"" if mood == 1 else _RECEIVED
