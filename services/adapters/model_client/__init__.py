"""The worker's end of `storyreel.v1`: `open_models` gives the port `Models` over gRPC."""

from services.adapters.model_client.client import open_models

__all__ = ["open_models"]
