"""What the engines of one process share."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from services.model_service.settings import ModelServiceSettings


@dataclass(frozen=True, slots=True)
class Equipment:
    """Given to an engine's `create`."""

    settings: ModelServiceSettings
    collectors: CollectorRegistry
