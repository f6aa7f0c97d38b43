"""A `Peer` as the transport of an HTTP client, so that Google's SDK is bounded, repeated and never in doubt like any other."""

import json

import httpx2

from services.model_service.engines.remote.peer import Peer

_OURS = frozenset(("accept-encoding", "connection", "content-length", "host"))


class PaidCalls(httpx2.AsyncBaseTransport):
    """Sends each request to `peer` as a paid one. What its session raises is raised through the SDK as it is.

    Only a whole JSON answer with status 2xx becomes a response: everything else has been judged before.
    """

    def __init__(self, peer: Peer, base_url: str) -> None:
        self._peer = peer
        self._base_url = base_url.rstrip("/")

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        path = str(request.url).removeprefix(self._base_url)
        if not path.startswith("/"):
            raise httpx2.UnsupportedProtocol(f"{request.url} is not below {self._base_url}", request=request)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        body = await request.aread()
        async with self._peer.open() as session:
            answer = await session.json(request.method, path, content=body, headers=headers, paid=True)
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=json.dumps(answer).encode())
