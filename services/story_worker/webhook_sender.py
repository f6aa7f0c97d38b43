"""Sends one message to an endpoint: bounded in time, to an address that was looked at, and without hearing more than the status.

The body of an answer is never read: nothing of it matters, and nobody may read a private network through us.
"""

import asyncio
import functools
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import httpx2

from services.adapters import addresses
from services.adapters.retry_after import retry_after
from services.core import webhooks
from services.core.errors import DeadlineExceeded, FailedPrecondition, StoryreelError, Unavailable
from services.core.webhooks import Answer, Dispatch
from services.story_worker.settings import WorkerSettings

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

_PORTS = {"https": 443, "http": 80}
_LOOK_UPS = 2
"""For each slot: one that is waited for, and one that was given up and has not ended yet."""
_HEADERS = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": f"storyreel/{version('storyreel')}"}


class WebhookSender:
    """Sends what it is told to send, each time over a connection of its own. Redirects are not followed, proxies not used."""

    def __init__(self, settings: WorkerSettings, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None) -> None:
        """`resolve` stands for the system's name servers, `tls` for the authorities that it trusts."""
        self._seconds = settings.webhook_timeout_seconds
        self._connect_seconds = settings.webhook_connect_seconds
        self._allow_http = settings.webhook_allow_http
        self._allow_private = settings.webhook_allow_private
        # Enough threads that name servers which do not answer for one host hold up no other.
        self._names = ThreadPoolExecutor(_LOOK_UPS * settings.webhook_slots, thread_name_prefix="webhook-names")
        self._resolve: Resolve = resolve or functools.partial(addresses.resolve, executor=self._names)
        self._seal = settings.seal
        self._tls = tls
        self._reading = asyncio.Lock()

    def close(self) -> None:
        """Wait for no look-up."""
        self._names.shutdown(wait=False, cancel_futures=True)

    async def send(self, dispatch: Dispatch) -> Answer:
        """Sign and send it. What goes wrong is the answer's problem; nothing is raised."""
        tls = await self._trusted()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(dispatch, tls)
        except StoryreelError as error:
            return Answer(None, error)
        except (TimeoutError, httpx2.TimeoutException):
            return Answer(None, DeadlineExceeded("WEBHOOK_TIMEOUT", seconds=self._seconds))
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Answer(
                None, Unavailable("WEBHOOK_UNREACHABLE", host=_host(dispatch.url), problem=str(error) or type(error).__name__)
            )

    async def _trusted(self) -> ssl.SSLContext:
        """Whom to trust. Reading it takes 70 ms, and a second on a busy machine: once, and in nobody's time."""
        async with self._reading:
            if self._tls is None:
                self._tls = await asyncio.to_thread(httpx2.create_ssl_context)
            return self._tls

    async def _send(self, dispatch: Dispatch, tls: ssl.SSLContext) -> Answer:
        url = httpx2.URL(dispatch.url)
        targets = await self._targets(url)
        while True:
            try:
                return await self._post(url, targets.pop(0), dispatch, tls)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                if not targets:
                    raise

    async def _targets(self, url: httpx2.URL) -> list[str]:
        """The addresses to try, in order. Raises FailedPrecondition for what is not allowed."""
        if url.scheme not in _PORTS or (url.scheme == "http" and not self._allow_http):
            raise FailedPrecondition("WEBHOOK_NEEDS_HTTPS", field="url")
        found = await self._resolve(url.host, url.port or _PORTS[url.scheme])
        if not self._allow_private and not all(map(addresses.is_public, found)):
            raise FailedPrecondition("WEBHOOK_PRIVATE_ADDRESS", host=url.host)
        return list(found)

    async def _post(self, url: httpx2.URL, address: str, dispatch: Dispatch, tls: ssl.SSLContext) -> Answer:
        event, at = dispatch.delivery.event, dispatch.delivery.sent_at
        if at is None:
            raise ValueError("a delivery that is dispatched has the time of it")
        content = webhooks.body(event)
        signed = webhooks.headers(event, at, content, [self._seal.open(kept) for kept in dispatch.secrets])
        timeout = httpx2.Timeout(self._seconds, connect=self._connect_seconds)
        # Connected to by the address that was looked at; the certificate is still checked for the host's name. The client is not
        # kept: its connections are known by address, and two hosts may share one.
        async with (
            httpx2.AsyncClient(timeout=timeout, verify=tls, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=content,
                headers={**_HEADERS, "host": url.netloc.decode("ascii"), **signed},
                extensions={"sni_hostname": url.host},
            ) as response,
        ):
            return webhooks.answered(response.status_code, retry_after(response.headers.get("retry-after")))


def _host(url: str) -> str:
    try:
        return httpx2.URL(url).host
    except httpx2.InvalidURL:
        return url
