"""The names of the two topics, and of the groups that read them."""

from services.adapters.settings import BrokerSettings


def operations(settings: BrokerSettings) -> str:
    """Wake-ups: operations worth looking at."""
    return f"{settings.kafka_topic_prefix}.operations"


def events(settings: BrokerSettings) -> str:
    """What happens to operations."""
    return f"{settings.kafka_topic_prefix}.events"


def group(settings: BrokerSettings, name: str) -> str:
    """A consumer group of this deployment alone: others may use the same cluster under other prefixes."""
    return f"{settings.kafka_topic_prefix}.{name}"
