"""Whether Kafka can be reached, for those who hold no connection to it."""

import asyncio

from aiokafka.errors import KafkaError

from services.adapters.kafka.cluster import ping
from services.adapters.settings import BrokerSettings
from services.core.errors import Unavailable

_PATIENCE_SECONDS = 1.0


async def broker_ready(settings: BrokerSettings) -> None:
    """Raises Unavailable NOT_READY unless a server of the cluster answers within a second.

    Who holds a sender or a receiver asks its `ready()` instead, which costs no connection.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await ping(settings)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("NOT_READY", parts="kafka") from error
