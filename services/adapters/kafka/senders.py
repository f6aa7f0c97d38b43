"""The sending ends of the two topics."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.adapters.kafka import messages, topics
from services.adapters.kafka.cluster import Cluster
from services.adapters.kafka.link import Closed, Link
from services.adapters.settings import BrokerSettings
from services.core.errors import Unavailable
from services.core.model import OperationEvent, OperationId

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 2.0
"""How long a send may take, a reconnection included."""

_Record = tuple[bytes, bytes]


class _Producer:
    """aiokafka's producer, whose end delivers nothing more.

    Its own `stop` first sends what is left, for seconds, to whatever answers at the address by then: a broker that has
    come back empty would store that beside topics that it does not have yet.
    """

    def __init__(self, settings: BrokerSettings, topic: str) -> None:
        self._topic = topic
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id="storyreel",
            acks="all",
            linger_ms=0,
            enable_idempotence=False,  # the readers are idempotent, and the embedded broker knows no such producers
            request_timeout_ms=int(_PATIENCE_SECONDS * 1000),
            retry_backoff_ms=50,
        )

    async def start(self) -> None:
        await self._producer.start()

    async def deliver(self, records: Sequence[_Record]) -> None:
        """Returns when all are acknowledged. Raises KafkaError."""
        acknowledged = [await self._producer.send(self._topic, key=key, value=value) for key, value in records]
        await asyncio.gather(*acknowledged)

    async def stop(self) -> None:
        # What aiokafka's own stop does, less the flush. It has no public way to drop what is left.
        self._producer._closed = True  # noqa: SLF001
        await self._producer._sender.close()  # noqa: SLF001
        await self._producer.client.close()


class Outlet:
    """Delivers records to one topic, through a restart of the broker where that is short enough."""

    def __init__(self, settings: BrokerSettings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self.link: Link[_Producer] = Link(settings, topic, self._make)

    async def send(self, records: Sequence[_Record]) -> None:
        """Returns when all are acknowledged; some may have been written twice. Raises Unavailable after two seconds."""
        problem: Exception = TimeoutError("no connection")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while True:
                    session = await self.link.session()
                    try:
                        return await session.cluster.unless_lost(session.client.deliver(records))
                    except KafkaError as error:
                        problem = error
                        await self.link.replace(session)
        except (TimeoutError, Closed) as error:
            servers = self._settings.kafka_bootstrap_servers
            raise Unavailable("BROKER_UNAVAILABLE", servers=servers, problem=str(problem)) from error

    def _make(self, _cluster: Cluster) -> _Producer:
        return _Producer(self._settings, self._topic)


class KafkaWakeUpSender:
    """`ports.WakeUpSender`."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    async def announce(self, ids: Sequence[OperationId]) -> None:
        await self._outlet.send([(messages.key(each), messages.encode_wakeup(each)) for each in ids])

    async def ready(self) -> None:
        """Raises Unavailable unless connected, now or within a second."""
        await self._outlet.link.ready()


class KafkaEventSender:
    """`ports.EventSender`."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    async def publish(self, events: Sequence[OperationEvent]) -> None:
        """At once when the broker is known to be away: what is shown live must not slow down what it shows."""
        if self._outlet.link.down:
            return
        try:
            await self._outlet.send([(messages.key(each.operation_id), messages.encode_event(each)) for each in events])
        except Unavailable as error:
            _log.warning("%d events were not sent; they can be read from the store: %s", len(events), error)

    async def ready(self) -> None:
        """Raises Unavailable unless connected, now or within a second."""
        await self._outlet.link.ready()


@asynccontextmanager
async def open_wakeup_sender(settings: BrokerSettings) -> AsyncIterator[KafkaWakeUpSender]:
    """At once, whether Kafka is up or not; it is connected to, and again after every loss, for as long as the block lasts."""
    outlet = Outlet(settings, topics.operations(settings))
    async with outlet.link.open():
        yield KafkaWakeUpSender(outlet)


@asynccontextmanager
async def open_event_sender(settings: BrokerSettings) -> AsyncIterator[KafkaEventSender]:
    """At once, whether Kafka is up or not; it is connected to, and again after every loss, for as long as the block lasts."""
    outlet = Outlet(settings, topics.events(settings))
    async with outlet.link.open():
        yield KafkaEventSender(outlet)
