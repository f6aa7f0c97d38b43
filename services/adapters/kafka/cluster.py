"""One watched connection to the cluster, which says what is there and tells at once when it is lost.

aiokafka's clients reconnect by themselves, silently, and then go on at offsets that a broker without a disk has never
heard of. So each client here lives only as long as a `Cluster` does, and is made anew with the next one. The cluster's
id tells whether that is the same log: the embedded broker takes a new id whenever it starts.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.protocol.metadata import MetadataRequest

from services.adapters.settings import BrokerSettings

T = TypeVar("T")

CONNECT_SECONDS = 2.0
_LOOK_SECONDS = 3.0
"""Between two looks at a quiet connection: keeps it from idling out, and notices a silent peer or a changed topic."""
_CREATE_SECONDS = 10.0
_MOST_REPLICAS = 3


class Cluster:
    """What was found when the connection was made. `partitions` is the number of partitions of the one topic watched."""

    def __init__(self, cluster_id: str, partitions: int, lost: asyncio.Event) -> None:
        self.id = cluster_id
        self.partitions = partitions
        self.foreign: Callable[[], bool] = lambda: False
        """Asked at each look by whom reads: whether the topic has another log now than the one that was read."""
        self._lost = lost

    def give_up(self) -> None:
        """Have everything that hangs on this connection made anew."""
        self._lost.set()

    async def lost(self) -> None:
        """Returns when the connection is gone or the topic is no longer what it was."""
        await self._lost.wait()

    async def unless_lost(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled when the connection is lost: KafkaConnectionError then."""
        task = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise KafkaConnectionError("the connection to the cluster was lost")
        finally:
            lost.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))


@asynccontextmanager
async def connect(settings: BrokerSettings, topic: str) -> AsyncIterator[Cluster]:
    """Connect to the first server that answers, make the topic if it is absent, and watch.

    Raises KafkaError, OSError or TimeoutError.
    """
    lost = asyncio.Event()
    connection = await open_connection(settings, lost)
    try:
        metadata = await _metadata(connection, topic)
        if not _partitions(metadata):
            await _create(settings, topic, replicas=min(_MOST_REPLICAS, len(metadata["brokers"])))
            metadata = await _wait_for(connection, topic)
        cluster = Cluster(metadata["cluster_id"] or "", _partitions(metadata), lost)
        watcher = asyncio.create_task(_watch(connection, topic, cluster))
        try:
            yield cluster
        finally:
            watcher.cancel()
            await asyncio.wait((watcher,))
    finally:
        connection.close()


async def ping(settings: BrokerSettings) -> None:
    """Returns when some server has answered. Raises KafkaError, OSError or TimeoutError."""
    connection = await open_connection(settings, asyncio.Event())
    try:
        await connection.send(MetadataRequest([], allow_auto_topic_creation=False))
    finally:
        connection.close()


async def open_connection(settings: BrokerSettings, lost: asyncio.Event) -> AIOKafkaConnection:
    """A bare connection to the first server that answers; `lost` is set when it is gone.

    Raises KafkaError, OSError or TimeoutError.
    """
    trouble: Exception = KafkaConnectionError("no bootstrap server is given")
    for host, port, _ in collect_hosts(settings.kafka_bootstrap_servers):
        try:
            return await create_conn(
                host,
                port,
                client_id="storyreel",
                request_timeout_ms=int(CONNECT_SECONDS * 1000),
                on_close=lambda _connection, _reason: lost.set(),
            )
        except (KafkaError, OSError, TimeoutError) as error:
            trouble = error
    raise trouble


async def _metadata(connection: AIOKafkaConnection, topic: str) -> dict[str, Any]:
    answer: Awaitable[Any] = connection.send(MetadataRequest([topic], allow_auto_topic_creation=False))
    found: dict[str, Any] = (await answer).to_object()
    return found


async def found_partitions(connection: AIOKafkaConnection, topic: str) -> int:
    """How many partitions the topic has; 0 while it is absent or one of them has no leader. Raises KafkaError, TimeoutError."""
    return _partitions(await _metadata(connection, topic))


def _partitions(metadata: dict[str, Any]) -> int:
    (topic,) = metadata["topics"]
    if topic["error_code"] or any(partition["error_code"] for partition in topic["partitions"]):
        return 0
    return len(topic["partitions"])


async def _create(settings: BrokerSettings, topic: str, *, replicas: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers, request_timeout_ms=int(_CREATE_SECONDS * 1000))
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(topic, settings.kafka_partitions, replicas)])
        for _, code, *_ in answer.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(topic)
    finally:
        await admin.close()


async def _wait_for(connection: AIOKafkaConnection, topic: str) -> dict[str, Any]:
    """The metadata once every partition has a leader: a cluster of many needs a moment after the creation."""
    async with asyncio.timeout(_CREATE_SECONDS):
        while True:
            metadata = await _metadata(connection, topic)
            if _partitions(metadata):
                return metadata
            await asyncio.sleep(0.05)


async def _watch(connection: AIOKafkaConnection, topic: str, cluster: Cluster) -> None:
    """Give up when the connection fails or the topic is gone, has other partitions, or has a log that was never read.

    aiokafka asks for no topic ids (Metadata version 10), which would tell at once that a topic was deleted and made again with
    as many partitions. Such a one is known by a log that is shorter than what was read of it: one that has grown as long as
    the old one before a look is taken for it, and what it has had until then is missed.
    """
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        while await found_partitions(connection, topic) == cluster.partitions and not cluster.foreign():  # noqa: ASYNC110 -- asks a peer
            await asyncio.sleep(_LOOK_SECONDS)
    cluster.give_up()
