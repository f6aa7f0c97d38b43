"""Fetching what a provider's answer links to, into a file, from where it may be fetched."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from services.adapters.retry_after import retry_after
from services.core.errors import EngineFailed, StoryreelError
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.addresses import public_address
from services.model_service.engines.remote.limits import Limits

_HOPS = 5
_PORTS = {"http": 80, "https": 443}
_EXCERPT = 4096
_ENCODINGS = ("", "identity", "gzip", "deflate")
"""None is asked for. These two at most grow a thousandfold when unpacked, so that a piece of an answer stays small."""


class Download:
    """Downloads of at most `largest` bytes on behalf of a peer.

    Its `own` origin is trusted; any other must have public addresses alone.
    """

    def __init__(self, name: str, own: httpx2.URL, limits: Limits, tls: ssl.SSLContext, largest: int) -> None:
        self._largest = largest
        self._name = name
        self._own = own
        self._limits = limits
        self._tls = tls

    async def run(self, target: httpx2.URL, to: Path) -> str:
        """Write the file to `to`, in one attempt; its content type."""
        timeout = httpx2.Timeout(self._limits.silence, connect=self._limits.connect)
        async with httpx2.AsyncClient(headers={"accept-encoding": "identity"}, timeout=timeout, verify=self._tls) as client:
            for _ in range(_HOPS):
                async with self._get(client, target) as response:
                    if response.has_redirect_location:
                        target = joined(self._name, target, response.headers["location"])
                    elif response.is_success:
                        await write(self._name, response, to, self._largest)
                        return str(response.headers.get("content-type", ""))
                    else:
                        raise await self._refusal(response)
        raise EngineFailed("PEER_REFUSED", engine=self._name, status=response.status_code, problem=f"{_HOPS} redirects in a row")

    @asynccontextmanager
    async def _get(self, client: httpx2.AsyncClient, url: httpx2.URL) -> AsyncIterator[httpx2.Response]:
        if url.scheme not in _PORTS or not url.host:
            raise EngineFailed("PEER_UNEXPECTED", engine=self._name, wanted="an http or https link", excerpt=str(url)[:200])
        request: dict[str, Any] = {}
        target = url
        if (url.scheme, url.host, url.port) != (self._own.scheme, self._own.host, self._own.port):
            address = await public_address(self._name, url.host, url.port or _PORTS[url.scheme])
            # Connected to by the address that was looked at; the certificate is still checked for the host's name.
            target = url.copy_with(host=address)
            request = {"headers": {"host": url.netloc.decode("ascii")}, "extensions": {"sni_hostname": url.host}}
        async with client.stream("GET", target, **request) as response:
            yield response

    async def _refusal(self, response: httpx2.Response) -> StoryreelError:
        body = bytearray()
        async with aclosing(chunks(self._name, response)) as pieces:
            async for chunk in pieces:
                body += chunk
                if len(body) > _EXCERPT:
                    break
        after = retry_after(response.headers.get("retry-after"))
        return refusals.of_status(self._name, response.status_code, bytes(body), after)


def joined(name: str, base: httpx2.URL, link: str) -> httpx2.URL:
    """Where a link leads that stands at `base`. Raises EngineFailed PEER_UNEXPECTED for what is none."""
    try:
        return base.join(link)
    except (httpx2.InvalidURL, ValueError):
        raise refusals.unexpected(name, "an http or https link", link) from None


async def chunks(name: str, response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """The answer's body as it comes. Raises Unavailable PEER_UNREADABLE for an encoding that nobody asked for, or a broken one."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise refusals.unreadable(name, f"an answer encoded as {encoding[:40]}", b"")
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx2.DecodingError:
        raise refusals.unreadable(name, f"an answer that is no {encoding}", b"") from None


async def write(name: str, response: httpx2.Response, to: Path, largest: int) -> None:
    """The answer's body as a file. Raises EngineFailed PEER_ANSWER_TOO_LARGE once it is larger than `largest` bytes."""
    size = 0
    async with aclosing(chunks(name, response)) as pieces:
        with to.open("wb") as file:
            async for chunk in pieces:
                size += len(chunk)
                if size > largest:
                    raise EngineFailed("PEER_ANSWER_TOO_LARGE", engine=name, limit=largest)
                await asyncio.to_thread(file.write, chunk)
