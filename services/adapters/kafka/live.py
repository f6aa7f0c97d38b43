"""The gateway's end of the events' topic: every replica reads all of it, from now on, outside of any group."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from services.adapters.kafka import messages, topics
from services.adapters.kafka.cluster import Cluster
from services.adapters.kafka.offsets import beyond_the_end
from services.adapters.kafka.reader import Reader
from services.adapters.settings import BrokerSettings
from services.core.model import OperationEvent

_FIRST_WAIT_SECONDS = 2.0
_LOOK_MS = 10
_SHORTEST_FETCH_MS = 50
"""People watch these: a broker that has to be asked again and again need not be asked more often."""


class _Place:
    """Where a reader is: the next offset of each partition of one cluster's log."""

    def __init__(self) -> None:
        self.cluster_id: str | None = None
        self.next: dict[TopicPartition, int] = {}

    def passed(self, record: ConsumerRecord) -> None:
        self.next[TopicPartition(record.topic, record.partition)] = record.offset + 1


class _Follower:
    """Reads all partitions as long as one connection lasts."""

    def __init__(self, settings: BrokerSettings, cluster: Cluster, place: _Place) -> None:
        topic = topics.events(settings)
        self._partitions = [TopicPartition(topic, number) for number in range(cluster.partitions)]
        self._cluster_id = cluster.id
        self._place = place
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id="storyreel",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=max(settings.kafka_fetch_max_wait_ms, _SHORTEST_FETCH_MS),
        )

    async def start(self) -> None:
        """Find the place: at the end the first time, later where it was, and at the beginning of a log made anew.

        A cluster with another id has one, and a topic that is shorter than what was read of it.
        """
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        place = self._place
        ends = await self._ends()
        if place.cluster_id is None:
            place.next = ends
        elif place.cluster_id != self._cluster_id or any(place.next.get(partition, 0) > end for partition, end in ends.items()):
            place.next = {}
        place.cluster_id = self._cluster_id
        for partition in self._partitions:
            self._consumer.seek(partition, place.next.setdefault(partition, 0))

    async def stop(self) -> None:
        await self._consumer.stop()

    async def next(self) -> ConsumerRecord:
        record = await self._consumer.getone()
        self._place.passed(record)
        return record

    async def pass_over(self, record: ConsumerRecord) -> None:
        """Nothing is settled here."""

    def foreign(self) -> bool:
        return beyond_the_end(self._consumer, self._place.next)

    async def _ends(self) -> dict[TopicPartition, int]:
        """The true ends. The embedded broker's own answer leaves out the last batch, but what it fetches tells better."""
        await self._consumer.seek_to_end(*self._partitions)
        ends: dict[TopicPartition, int] = {}
        while len(ends) < len(self._partitions):
            await self._consumer.getmany(timeout_ms=_LOOK_MS)
            for partition in self._partitions:
                if (end := self._consumer.highwater(partition)) is not None:
                    ends.setdefault(partition, end)
        return ends


class KafkaEventReceiver(Reader[_Follower, OperationEvent]):
    """`ports.EventReceiver`."""

    def __init__(self, settings: BrokerSettings) -> None:
        place = _Place()
        super().__init__(
            settings,
            topics.events(settings),
            lambda cluster: _Follower(settings, cluster, place),
            lambda record, _: messages.decode_event(record.value),
        )


@asynccontextmanager
async def open_event_receiver(settings: BrokerSettings) -> AsyncIterator[KafkaEventReceiver]:
    """All events from when the block begins.

    While Kafka is down the block begins after two seconds all the same, and the events from when it came up follow.
    """
    receiver = KafkaEventReceiver(settings)
    async with receiver.link.open():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_WAIT_SECONDS):
                await receiver.link.session()
        yield receiver
