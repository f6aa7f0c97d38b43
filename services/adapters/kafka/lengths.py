"""How long the topics' logs have grown, for whoever runs a broker that never shortens them."""

import asyncio

from aiokafka.errors import KafkaError
from aiokafka.protocol.offset import OffsetRequest

from services.adapters.kafka import topics
from services.adapters.kafka.cluster import found_partitions, open_connection
from services.adapters.settings import BrokerSettings

_PATIENCE_SECONDS = 1.5
_CONSUMER = -1
"""In the place of a replica's number: the asker is none."""
_LATEST = -1
"""In the place of a timestamp: the log's end."""


async def longest_partition(settings: BrokerSettings) -> int | None:
    """Records that were ever written to the longest partition of the two topics, as the first server that answers tells it.

    None when none answers within 1.5 s. Of a cluster's partitions only those count that this server leads; the embedded
    broker leads all, and may leave out the last batch.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await _longest(settings)
    except (KafkaError, OSError, TimeoutError):
        return None


async def _longest(settings: BrokerSettings) -> int:
    connection = await open_connection(settings, asyncio.Event())
    try:
        counts = {
            topic: await found_partitions(connection, topic) for topic in (topics.operations(settings), topics.events(settings))
        }
        asked = [(topic, [(number, _LATEST) for number in range(count)]) for topic, count in counts.items() if count]
        if not asked:
            return 0
        answer = await connection.send(OffsetRequest(_CONSUMER, 0, asked))
        # (partition, error, timestamp, offset); where there is an error the offset is -1.
        ends: list[int] = [offset for _, partitions in answer.topics for *_, offset in partitions]
        return max(ends)
    finally:
        connection.close()
