"""Who calls, and in which language they read: a call's metadata says what a request's headers do."""

from typing import Any

from grpc import aio
from starlette.requests import HTTPConnection

from services.core.model import Language, UserId
from services.gateway import languages
from services.gateway.auth import Authenticator

Context = aio.ServicerContext[Any, Any]


async def user(context: Context, auth: Authenticator) -> UserId:
    """Raises Unauthenticated or InvalidArgument, as the authenticator does of a request with these headers."""
    return await auth.user(HTTPConnection({"type": "http", "headers": _headers(context)}))


def language(context: Context) -> Language | None:
    """The caller's language, where the metadata `accept-language` prefers one that we speak."""
    found = [value for name, value in _headers(context) if name == b"accept-language"]
    return languages.preferred(found[0].decode("latin-1")) if found else None


def _headers(context: Context) -> list[tuple[bytes, bytes]]:
    metadata = context.invocation_metadata() or ()
    return [(name.encode(), value if isinstance(value, bytes) else value.encode("latin-1", "replace")) for name, value in metadata]
