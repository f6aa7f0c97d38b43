"""Webhooks: `/v1/webhooks`, the endpoints that are told what happens, and what was delivered to them."""

from services.gateway.webhooks.routes import router

__all__ = ["router"]
