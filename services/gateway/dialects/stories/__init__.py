"""The stories dialect: `/v1/stories`, `/v1/operations` and `/static`, as `docs/api.md` and the OpenAPI page describe them."""

from services.gateway.dialects.stories.routes import FURTHER_MODELS, router

__all__ = ["FURTHER_MODELS", "router"]
