"""The stories dialect: `/v1/stories`, `/v1/operations` and `/static`, as the OpenAPI page describes them."""

from services.gateway.dialects.stories.routes import FURTHER_MODELS, router

__all__ = ["FURTHER_MODELS", "router"]
