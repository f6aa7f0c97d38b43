"""Kafka: says that something is worth looking at. Nothing here needs it to be up, and everything outlives its restarts."""

from services.adapters.kafka.lengths import longest_partition
from services.adapters.kafka.live import KafkaEventReceiver, open_event_receiver
from services.adapters.kafka.ready import broker_ready
from services.adapters.kafka.senders import KafkaEventSender, KafkaWakeUpSender, open_event_sender, open_wakeup_sender
from services.adapters.kafka.wakeups import KafkaWakeUpReceiver, open_wakeup_receiver

__all__ = [
    "KafkaEventReceiver",
    "KafkaEventSender",
    "KafkaWakeUpReceiver",
    "KafkaWakeUpSender",
    "broker_ready",
    "longest_partition",
    "open_event_receiver",
    "open_event_sender",
    "open_wakeup_receiver",
    "open_wakeup_sender",
]
