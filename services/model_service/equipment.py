"""What the engines of one process share."""

from dataclasses import dataclass
from functools import cached_property

from prometheus_client import CollectorRegistry

from services.model_service.residency import Residency
from services.model_service.settings import ModelServiceSettings


@dataclass(frozen=True)
class Equipment:
    """Given to an engine's `create`."""

    settings: ModelServiceSettings
    collectors: CollectorRegistry

    @cached_property
    def residency(self) -> Residency:
        """The devices of this process, for the engines that run models on them."""
        return Residency(self.collectors)
