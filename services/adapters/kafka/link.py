"""Keeps one Kafka client connected, from before the cluster is there until after it has gone and come back."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from aiokafka.errors import KafkaError

from services.adapters.kafka.cluster import Cluster, connect
from services.adapters.settings import BrokerSettings
from services.core.errors import Unavailable

_log = logging.getLogger(__name__)

_FIRST_RETRY_SECONDS = 0.1
_LAST_RETRY_SECONDS = 1.0
_STEADY_SECONDS = 5.0
"""A session that lasted so long was no failure: the next one is tried soon."""
_STOP_SECONDS = 5.0
_READY_SECONDS = 1.0


class Client(Protocol):
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


C = TypeVar("C", bound=Client)


@dataclass(frozen=True, slots=True)
class Session(Generic[C]):
    """A started client, and the connection that it stands and falls with."""

    client: C
    cluster: Cluster


class Closed(Exception):
    """The link has ended: there will be no other session."""


class Link(Generic[C]):
    """Starts a client of `make` whenever the cluster can be reached, and another when that connection is lost."""

    def __init__(self, settings: BrokerSettings, topic: str, make: Callable[[Cluster], C]) -> None:
        self._settings = settings
        self._topic = topic
        self._make = make
        self._session: Session[C] | None = None
        self._changed = asyncio.Condition()
        self._stopping: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self.down = False
        """Whether the last attempt to connect has failed; False while the first one, or the first after a loss, is under way."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        self._keeper = asyncio.create_task(self._keep())
        try:
            yield self
        finally:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))
            await self._change(None)
            if self._stopping:
                await asyncio.wait(self._stopping, timeout=_STOP_SECONDS)

    async def session(self) -> Session[C]:
        """The live session, waited for as long as it takes. Raises Closed."""
        if self._session:
            return self._session
        async with self._changed:
            await self._changed.wait_for(lambda: self._session or self._ended)
        if self._session:
            return self._session
        if self._keeper and self._keeper.done() and not self._keeper.cancelled():
            self._keeper.result()  # it fell over a programming error, which belongs to whoever relies on it
        raise Closed

    async def replace(self, session: Session[C]) -> None:
        """Give a session up that does not work, and return when it is no longer the live one."""
        session.cluster.give_up()
        async with self._changed:
            await self._changed.wait_for(lambda: self._session is not session)

    async def ready(self) -> None:
        """Raises Unavailable when there is no connection, and none comes within a second."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self.session()
        except (TimeoutError, Closed) as error:
            raise Unavailable("NOT_READY", parts="kafka") from error

    @property
    def _ended(self) -> bool:
        return self._keeper is None or self._keeper.done()

    async def _keep(self) -> None:
        pause = _FIRST_RETRY_SECONDS
        while True:
            started = time.monotonic()
            try:
                await self._serve()
                _log.warning("kafka: the connection for %s was lost", self._topic)
            except (KafkaError, OSError, TimeoutError) as error:
                if not self.down:
                    _log.warning("kafka: %s cannot be reached: %r", self._settings.kafka_bootstrap_servers, error)
                self.down = True
            steady = time.monotonic() - started > _STEADY_SECONDS
            pause = _FIRST_RETRY_SECONDS if steady else min(pause * 2, _LAST_RETRY_SECONDS)
            await asyncio.sleep(pause)

    async def _serve(self) -> None:
        """One session, from its start until it is lost."""
        async with connect(self._settings, self._topic) as cluster:
            client = self._make(cluster)
            try:
                await cluster.unless_lost(client.start())
                self.down = False
                await self._change(Session(client, cluster))
                _log.info("kafka: connected for %s", self._topic)
                await cluster.lost()
            finally:
                await self._change(None)
                self._stop_beside(client)

    async def _change(self, session: Session[C] | None) -> None:
        async with self._changed:
            self._session = session
            self._changed.notify_all()

    def _stop_beside(self, client: C) -> None:
        """Not in the way of the next session: a client without its broker takes seconds to give up what it has in hand."""
        task = asyncio.create_task(_stop(client))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


async def _stop(client: Client) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await client.stop()
