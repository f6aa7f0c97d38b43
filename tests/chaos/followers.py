"""Clients that follow operations to their ends: by server-sent events over many connections, and by waiting."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from tests.chaos.history import Followed, Heard, History, Seen
from tests.chaos.surfaces import Answer, Surface
from tests.invariants import ENDS

KEEPALIVE_SECONDS = 2.0
"""Between two comments of a silent stream, by the stack's settings."""
_SILENCE = httpx2.Timeout(10.0, read=4 * KEEPALIVE_SECONDS)
_PAUSE = 0.3
_WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    kind: str
    data: str


@dataclass
class Follower:
    """Follows one operation, and comes back with the last event's id: after lost connections, and after such as it drops itself."""

    operation: UUID
    history: History
    chance: random.Random
    found: Followed = field(init=False)

    def __post_init__(self) -> None:
        self.found = Followed(self.operation)
        self.history.followed.append(self.found)

    async def follow(self, client: httpx2.AsyncClient, until: asyncio.Event | None = None) -> None:
        """Returns when there is no more to be heard for now, or `until` is set."""
        self.found.whole = False
        while not (self.found.whole or self.found.gone or (until and until.is_set())):
            with suppress(httpx2.HTTPError):
                await self._connected(client)
            await asyncio.sleep(0 if self.found.whole else self.chance.uniform(0, _PAUSE))

    async def _connected(self, client: httpx2.AsyncClient) -> None:
        found = self.found
        asked = self.history.tick()
        headers = {"Accept": "text/event-stream"}
        if found.events:
            headers["Last-Event-ID"] = str(found.events[-1].seq)
        fickle = self.chance.randint(1, 6) if self.chance.random() < 0.3 else 0
        async with client.stream("GET", f"/v1/operations/{self.operation}/events", headers=headers, timeout=_SILENCE) as answer:
            found.connections += 1
            self.history.answers[f"stream {answer.status_code}"] += 1
            found.whole = answer.status_code == 204
            found.gone = answer.status_code == 404
            if answer.status_code != 200:
                return
            heard = 0
            async for event in _events(answer):
                asked = self._hear(event, asked)
                heard += 1
                if heard == fickle:
                    return

    def _hear(self, event: _Event, asked: int) -> int:
        """When it was told."""
        told = self.history.tick()
        data = json.loads(event.data)
        if event.kind == "operation":
            self.history.seen.append(Seen(self.operation, asked, told, data["status"], data["attempt"]))
        elif event.id:
            self.found.events.append(Heard(int(event.id), event.kind, data["at"], data["data"], told))
        if not event.id:
            self.found.loose[event.kind] += 1
        return told


async def waiting(surface: Surface, operation: UUID, history: History, until: asyncio.Event) -> None:
    """Wait for its end, again and again."""
    history.waited.setdefault(operation, "")
    while not until.is_set():
        status = await _wait(surface, operation, history)
        if status in ENDS or operation in history.gone:
            return
        await asyncio.sleep(0 if status else _PAUSE)


async def waited(surface: Surface, operation: UUID, history: History) -> None:
    """The last wait, for what has ended. Notes how it is."""
    while not history.waited[operation] and operation not in history.gone:
        history.waited[operation] = await _wait(surface, operation, history)


async def _wait(surface: Surface, operation: UUID, history: History) -> str:
    asked = history.tick()
    return noted(await surface.wait(operation, _WAIT_SECONDS), operation, asked, history)


def noted(answer: Answer, operation: UUID, asked: int, history: History) -> str:
    """Write down how an operation was said to stand; "" where it was not said."""
    if answer.good and answer.state:
        history.seen.append(Seen(operation, asked, history.tick(), answer.state, answer.attempt))
        return answer.state
    return ""


async def _events(answer: httpx2.Response) -> AsyncIterator[_Event]:
    """As the WHATWG's HTML standard, section 9.2.6, reads a stream: what no empty line has ended is no event."""
    said: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        if line and name:
            said[name] = value.removeprefix(" ")
        elif not line and "data" in said:
            yield _Event(said.get("id", ""), said.get("event", "message"), said["data"])
        if not line:
            said = {}
