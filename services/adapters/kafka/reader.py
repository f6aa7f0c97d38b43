"""What the two receivers share: one record after another of a topic, through every loss of the connection."""

import logging
from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

from aiokafka import ConsumerRecord
from aiokafka.errors import ConsumerStoppedError, KafkaError

from services.adapters.kafka.cluster import Cluster
from services.adapters.kafka.link import Client, Closed, Link
from services.adapters.kafka.messages import Malformed
from services.adapters.settings import BrokerSettings

_log = logging.getLogger(__name__)


class Reading(Client, Protocol):
    """A client that gives records for as long as one connection lasts."""

    async def next(self) -> ConsumerRecord:
        """Raises KafkaError, ConsumerStoppedError."""

    async def pass_over(self, record: ConsumerRecord) -> None:
        """The record cannot be read, and need not come again."""

    def foreign(self) -> bool:
        """Whether it has read further than the log goes: then that is no longer the same log."""


R = TypeVar("R", bound=Reading)
M = TypeVar("M")


class Reader(Generic[R, M]):
    """Iterate it in one task; a cancelled wait loses nothing and can be taken up again. `decode` raises Malformed."""

    def __init__(
        self, settings: BrokerSettings, topic: str, make: Callable[[Cluster], R], decode: Callable[[ConsumerRecord, R], M]
    ) -> None:
        self._decode = decode
        self.malformed = 0
        """How many messages could not be read; they are logged and passed over."""

        def watched(cluster: Cluster) -> R:
            client = make(cluster)
            cluster.foreign = client.foreign
            return client

        self.link: Link[R] = Link(settings, topic, watched)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> M:
        while True:
            try:
                session = await self.link.session()
            except Closed:
                raise StopAsyncIteration from None
            try:
                record = await session.client.next()
            except (KafkaError, ConsumerStoppedError) as error:
                _log.warning("kafka: the reader starts again: %r", error)
                await self.link.replace(session)
                continue
            try:
                return self._decode(record, session.client)
            except Malformed as error:
                self.malformed += 1
                _log.warning("kafka: %s[%d]@%d cannot be read: %s", record.topic, record.partition, record.offset, error)
                await session.client.pass_over(record)

    async def ready(self) -> None:
        """Raises Unavailable unless connected, now or within a second."""
        await self.link.ready()
