"""A worker's end of the operations' topic: a member of a consumer group that settles what it has taken by hand."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from services.adapters.kafka import messages, topics
from services.adapters.kafka.cluster import Cluster
from services.adapters.kafka.offsets import Settled, beyond_the_end
from services.adapters.kafka.reader import Reader
from services.adapters.settings import BrokerSettings
from services.core.model import OperationId
from services.core.ports import WakeUp

_log = logging.getLogger(__name__)

_COMMIT_SECONDS = 2.0


class _Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka carries no types
    """One membership of the group, as long as one connection lasts."""

    def __init__(self, settings: BrokerSettings, group: str, *, paused: bool) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id="storyreel",
            group_id=topics.group(settings, group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            heartbeat_interval_ms=min(3_000, settings.kafka_session_timeout_ms // 3),
            # Joining waits for the others, up to the session timeout.
            request_timeout_ms=settings.kafka_session_timeout_ms + settings.kafka_fetch_max_wait_ms + 5_000,
        )
        self._consumer.subscribe([topics.operations(settings)], listener=self)
        self._taken: dict[TopicPartition, Settled] = {}
        self._due: dict[TopicPartition, int] = {}
        self._next: dict[TopicPartition, int] = {}
        self._commit = asyncio.Lock()
        self._paused = paused
        self._placing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._consumer.start()

    async def stop(self) -> None:
        self._forget()
        await self._consumer.stop()

    async def next(self) -> ConsumerRecord:
        """The next record, none while paused. Raises KafkaError, ConsumerStoppedError."""
        record = await self._consumer.getone()
        self._taken.setdefault(_partition(record), Settled()).take(record.offset)
        self._next[_partition(record)] = record.offset + 1
        return record

    @property
    def waiting(self) -> int:
        """Records that the broker is known to have and that were not taken yet, in partitions that are assigned now."""
        ends = {partition: self._consumer.highwater(partition) for partition in self._consumer.assignment()}
        return sum(max(0, (end or 0) - self._next[partition]) for partition, end in ends.items() if partition in self._next)

    def foreign(self) -> bool:
        return beyond_the_end(self._consumer, self._next)

    async def settle(self, record: ConsumerRecord) -> None:
        """Commit as far as everything before is settled too. A commit that fails means that records come again."""
        taken = self._taken.get(_partition(record))
        offset = taken.settle(record.offset) if taken else None
        if offset is None:
            return
        self._due[_partition(record)] = offset
        await asyncio.sleep(0)  # whoever settles beside this one goes out with it
        async with self._commit:  # what is settled meanwhile goes out together
            due, self._due = self._due, {}
            if not due:
                return
            try:
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await self._consumer.commit(due)
            except (KafkaError, TimeoutError) as error:
                _log.info("kafka: %d partitions were not committed, their last wake-ups come again: %r", len(due), error)

    async def pass_over(self, record: ConsumerRecord) -> None:
        await self.settle(record)

    def pause(self) -> None:
        self._paused = True
        self._consumer.pause(*self._consumer.assignment())

    def resume(self) -> None:
        self._paused = False
        self._consumer.resume(*self._consumer.assignment())

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 -- all of them, always
        """Whoever gets them starts from what is committed."""
        self._forget()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        if self._paused:
            self._consumer.pause(*assigned)
        # Beside this: the positions are found by what waits for this to return.
        self._placing = asyncio.create_task(self._find_places(list(assigned)))

    async def _find_places(self, assigned: list[TopicPartition]) -> None:
        """Where it begins to read: one to whom nothing comes from the beginning must not believe that nothing waits."""
        with contextlib.suppress(KafkaError):  # assigned to others meanwhile, or the connection is lost
            for partition in assigned:
                place = await self._consumer.position(partition)
                self._next.setdefault(partition, place)

    def _forget(self) -> None:
        if self._placing:
            self._placing.cancel()
        self._taken.clear()
        self._due.clear()
        self._next.clear()


@dataclass(frozen=True, slots=True)
class _KafkaWakeUp:
    """`ports.WakeUp`. Settling after the connection was lost does nothing: the message has come, or comes, again."""

    operation_id: OperationId
    _record: ConsumerRecord
    _member: _Member

    async def settle(self) -> None:
        await self._member.settle(self._record)


class KafkaWakeUpReceiver(Reader[_Member, WakeUp]):
    """`ports.WakeUpReceiver`. It is ready when it is a member of the group."""

    def __init__(self, settings: BrokerSettings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._paused = False
        self._member: _Member | None = None
        super().__init__(settings, topics.operations(settings), self._make, _wakeup)

    def pause(self) -> None:
        """Give out nothing until `resume`. The membership lives on, and wakes nobody."""
        self._paused = True
        if self._member:
            self._member.pause()

    def resume(self) -> None:
        self._paused = False
        if self._member:
            self._member.resume()

    @property
    def waiting(self) -> int:
        return self._member.waiting if self._member else 0

    def _make(self, _cluster: Cluster) -> _Member:
        self._member = _Member(self._settings, self._group, paused=self._paused)
        return self._member


def _wakeup(record: ConsumerRecord, member: _Member) -> WakeUp:
    return _KafkaWakeUp(messages.decode_wakeup(record.value), record, member)


def _partition(record: ConsumerRecord) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


@asynccontextmanager
async def open_wakeup_receiver(settings: BrokerSettings, group: str) -> AsyncIterator[KafkaWakeUpReceiver]:
    """At once, whether Kafka is up or not; it joins the group, and again after every loss, for as long as the block lasts."""
    receiver = KafkaWakeUpReceiver(settings, group)
    async with receiver.link.open():
        yield receiver
