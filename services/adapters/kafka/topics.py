"""The names of the two topics."""

from services.adapters.settings import BrokerSettings


def operations(settings: BrokerSettings) -> str:
    """Wake-ups: operations worth looking at."""
    return f"{settings.kafka_topic_prefix}.operations"


def events(settings: BrokerSettings) -> str:
    """What happens to operations."""
    return f"{settings.kafka_topic_prefix}.events"
