"""Who is asking. One mode is here: the header X-User-ID, believed as it comes, for a private network or a laptop."""

from typing import Protocol

from starlette.requests import HTTPConnection

from services.core.errors import InvalidArgument, Unauthenticated
from services.core.model import UserId
from services.gateway.uuids import parse_uuid

HEADER = "X-User-ID"


class Authenticator(Protocol):
    async def user(self, connection: HTTPConnection) -> UserId:
        """Who is asking. Raises Unauthenticated, or InvalidArgument when what is said cannot be read."""


class HeaderAuthenticator:
    """Believes `X-User-ID`: exactly one header, exactly one UUID. Other spellings (`X_User_ID`) are other headers, and ignored."""

    async def user(self, connection: HTTPConnection) -> UserId:
        values = connection.headers.getlist(HEADER)
        if not values:
            raise Unauthenticated("NO_USER")
        user = parse_uuid(values[0]) if len(values) == 1 else None
        if user is None:
            raise InvalidArgument("BAD_USER", field=f"header.{HEADER}", found=", ".join(values)[:100])
        return UserId(user)
