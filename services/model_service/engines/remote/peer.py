"""A provider over HTTP: bounded in time and bytes, asked again when that helps, and never in doubt twice about money.

Calls come in two sorts. An ordinary one is repeated after anything that may pass. A `paid` one is repeated only where the peer
cannot have begun: the connection failed, or it said 429 or 503. Without an answer to it, or when something broke behind it,
nobody knows, and `Unanswered` says so.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import structlog

from services.adapters.retry_after import retry_after
from services.core.errors import DeadlineExceeded, EngineFailed, StoryreelError, Unavailable
from services.model_service.engines.remote import backoff, downloads, refusals
from services.model_service.engines.remote.limits import Limits

_log = structlog.get_logger(__name__)

T = TypeVar("T")
Judge = Callable[[int, bytes], StoryreelError | None]

_NOT_BEGUN = (429, 503)
"""Statuses by which a peer says that it has not begun."""
_SOMEBODY_ELSES = (408, 502, 504)
"""Statuses by which something before the peer says that it has not heard the answer, whatever its body says."""
_TEXT = ("text/", "application/json")
"""Raw samples have no form by which a proxy's page could be told from them."""


class Unanswered(Exception):
    """A paid call was sent, and no answer came that tells: the provider may work on it, or not.

    A `Submission` makes an error of it.
    """


class _Refused(Exception):
    """A status other than 2xx, and the error it stands for; `judged` says that the provider's own codes say so."""

    def __init__(self, error: StoryreelError, status: int, *, judged: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status
        self.judged = judged

    @property
    def in_doubt(self) -> bool:
        """Whether the provider may have begun, and may charge for it."""
        if self.status in _SOMEBODY_ELSES:
            return True
        return self.status >= 500 and self.status not in _NOT_BEGUN and not self.judged


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with status 2xx."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]


class Peer:
    """A provider at `base_url`. `name` is the engine's, for errors and logs. `headers` and `auth` go with every call to it.

    Neither is sent to where a download leads.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: httpx2.Auth | None = None,
        limits: Limits | None = None,
        judge: Judge = lambda _status, _body: None,
        chance: random.Random | None = None,
    ) -> None:
        """`judge` knows the provider's own error codes: it turns a status and a body into an error, or leaves it to the status."""
        self.name = name
        self.judge = judge
        self.limits = limits or Limits()
        self._base_url = base_url.rstrip("/")
        self._headers = {"accept-encoding": "identity", **(headers or {})}
        self._auth = auth
        self._chance = chance or random.Random()
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Session"]:
        """Connections for one job, kept alive between its calls, and closed after it."""
        if self._tls is None:  # reading the certificates takes 70 ms: once, and not on the event loop
            self._tls = await asyncio.to_thread(httpx2.create_ssl_context)
        timeout = httpx2.Timeout(self.limits.silence, connect=self.limits.connect)
        async with httpx2.AsyncClient(
            headers=self._headers, auth=self._auth, timeout=timeout, verify=self._tls, follow_redirects=False
        ) as client:
            yield Session(self, client, self._base_url, self._chance, self._tls)


class Session:
    """Calls to a peer. Every one raises the errors that `refusals` and `_repeated` name."""

    def __init__(self, peer: Peer, client: httpx2.AsyncClient, base_url: str, chance: random.Random, tls: ssl.SSLContext) -> None:
        self._name, self._limits, self._judge = peer.name, peer.limits, peer.judge
        self._client = client
        self._base_url = base_url
        self._chance = chance
        self._tls = tls

    async def json(self, method: str, path: str, body: Any = None, *, paid: bool = False, **request: Any) -> Any:
        """The answer's JSON. `request` as for `call`. Raises Unavailable PEER_UNREADABLE when it is none."""

        async def once() -> Any:
            answer = await self._whole(method, path, {"json": body, **request})
            try:
                return refusals.parsed(answer.body)
            except ValueError:
                raise refusals.unreadable(self._name, answer.content_type, answer.body) from None

        return await self._repeated(once, paid=paid)

    async def call(self, method: str, path: str, *, paid: bool = False, **request: Any) -> Answer:
        """The whole answer. `request` is what httpx2 takes: json, data, files, content, params, headers."""
        return await self._repeated(lambda: self._whole(method, path, request), paid=paid)

    async def media(self, method: str, path: str, *, paid: bool = False, **request: Any) -> bytes:
        """The whole answer, sound or a picture as it is. Raises Unavailable PEER_UNREADABLE when it says that it is text."""

        async def once() -> bytes:
            answer = await self._whole(method, path, request)
            if answer.content_type.startswith(_TEXT):
                raise refusals.unreadable(self._name, answer.content_type, answer.body)
            return answer.body

        return await self._repeated(once, paid=paid)

    @asynccontextmanager
    async def events(self, method: str, path: str, body: Any, **request: Any) -> AsyncIterator[AsyncIterator[str]]:
        """The data of a stream's server-sent events. What breaks before the first one is repeated, what breaks later is raised.

        Raises, from the iterator, Unavailable PEER_UNREACHABLE when the stream breaks; DeadlineExceeded PEER_TIMEOUT.
        """
        stream = await self._repeated(lambda: self._begun(method, path, {"json": body, **request}), paid=False)
        context, response = stream
        try:
            async with aclosing(self._lines(response)) as lines:
                yield lines
        finally:
            await context.__aexit__(None, None, None)

    async def download(self, url: str, to: Path, largest: int | None = None) -> str:
        """Fetch what an answer links to; its content type. Follows redirects, to public addresses and the peer's own host alone.

        `largest` bounds what kind of file it is, in bytes, where that is less than any file's bound. Raises EngineFailed
        PEER_PRIVATE_ADDRESS, PEER_ANSWER_TOO_LARGE, PEER_REFUSED, PEER_UNEXPECTED (no link); Unavailable; DeadlineExceeded.
        """
        own = httpx2.URL(self._base_url)
        target = downloads.joined(self._name, httpx2.URL(self._base_url + "/"), url)
        fetch = downloads.Download(self._name, own, self._limits, self._tls, self._largest(largest))
        return await self._repeated(lambda: self._in_time(fetch.run(target, to)), paid=False)

    async def fetch(self, path: str, to: Path, largest: int | None = None) -> None:
        """Fetch one of the peer's own paths into a file, with the key. A redirect is followed as by `download`."""

        async def once() -> str | None:
            async with self._sent("GET", path, {}) as response:
                if response.has_redirect_location:
                    return str(downloads.joined(self._name, response.url, response.headers["location"]))
                if not response.is_success:
                    raise self._refusal(response, await self._body(response))
                await downloads.write(self._name, response, to, self._largest(largest))
                return None

        elsewhere = await self._repeated(lambda: self._in_time(once()), paid=False)
        if elsewhere is not None:
            await self.download(elsewhere, to, largest)

    def _largest(self, asked: int | None) -> int:
        return min(asked or self._limits.largest_file, self._limits.largest_file)

    # -- one attempt -------------------------------------------------------------------------------------------------------------

    async def _whole(self, method: str, path: str, request: Mapping[str, Any]) -> Answer:
        return await self._in_time(self._answer(method, path, request))

    async def _answer(self, method: str, path: str, request: Mapping[str, Any]) -> Answer:
        async with self._sent(method, path, request) as response:
            body = await self._body(response)
            if not response.is_success:
                raise self._refusal(response, body)
            return Answer(body, response.headers.get("content-type", ""), response.headers)

    async def _begun(
        self, method: str, path: str, request: Mapping[str, Any]
    ) -> tuple[AbstractAsyncContextManager[httpx2.Response], httpx2.Response]:
        context = self._sent(method, path, request)
        response = await self._in_time(context.__aenter__())
        try:
            if not response.is_success:
                raise self._refusal(response, await self._in_time(self._body(response)))
            kind = response.headers.get("content-type", "")
            if not kind.startswith("text/event-stream"):
                raise refusals.unreadable(self._name, kind, await self._in_time(self._body(response)))
        except BaseException:
            await context.__aexit__(None, None, None)
            raise
        return context, response

    def _sent(self, method: str, path: str, request: Mapping[str, Any]) -> AbstractAsyncContextManager[httpx2.Response]:
        return self._client.stream(method, self._base_url + path, **{k: v for k, v in request.items() if v is not None})

    async def _body(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async with aclosing(downloads.chunks(self._name, response)) as pieces:
            async for chunk in pieces:
                body += chunk
                if len(body) > self._limits.largest_answer:
                    raise EngineFailed("PEER_ANSWER_TOO_LARGE", engine=self._name, limit=self._limits.largest_answer)
        return bytes(body)

    async def _lines(self, response: httpx2.Response) -> AsyncGenerator[str, None]:
        try:
            async with (
                asyncio.timeout(self._limits.answer),
                aclosing(_data(response, self._name, self._limits.largest_answer)) as events,
            ):
                async for data in events:
                    yield data
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise self._late() from error
        except httpx2.TransportError as error:
            raise self._broken(error) from error

    async def _in_time(self, work: Awaitable[T]) -> T:
        async with asyncio.timeout(self._limits.answer):
            return await work

    def _refusal(self, response: httpx2.Response, body: bytes) -> _Refused:
        after = retry_after(response.headers.get("retry-after"))
        status = response.status_code
        judged = self._judge(status, body)
        error = judged or refusals.of_status(self._name, status, body, after)
        if error.retry_after is None and error.retryable:
            error.retry_after = after
        return _Refused(error, status, judged=judged is not None)

    # -- again and again ---------------------------------------------------------------------------------------------------------

    async def _repeated(self, once: Callable[[], Awaitable[T]], *, paid: bool) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await once()
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as failure:
                error: StoryreelError = self._broken(failure)
            except (TimeoutError, httpx2.TimeoutException, httpx2.TransportError) as failure:
                if paid:
                    raise Unanswered(_named(failure)) from failure
                late = isinstance(failure, TimeoutError | httpx2.TimeoutException)
                error = self._late() if late else self._broken(failure)
            except _Refused as refused:
                error = refused.error
                if paid and refused.in_doubt:
                    raise Unanswered(str(error)) from None
                if not error.retryable or (paid and refused.status not in _NOT_BEGUN):
                    raise error from None
            except StoryreelError as failure:
                if paid:
                    raise Unanswered(str(failure)) from failure
                if not failure.retryable:
                    raise
                error = failure
            wait = backoff.delay(attempt, error.retry_after, self._chance)
            if attempt >= self._limits.attempts or wait > self._limits.longest_wait:
                raise error
            _log.info("a peer is asked again", engine=self._name, problem=str(error), attempt=attempt, wait=round(wait, 2))
            await asyncio.sleep(wait)

    def _broken(self, failure: Exception) -> Unavailable:
        return Unavailable("PEER_UNREACHABLE", engine=self._name, host=httpx2.URL(self._base_url).host, problem=_named(failure))

    def _late(self) -> DeadlineExceeded:
        return DeadlineExceeded("PEER_TIMEOUT", engine=self._name, seconds=self._limits.answer)


def _named(failure: BaseException) -> str:
    return f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__


async def _data(response: httpx2.Response, name: str, most: int) -> AsyncGenerator[str, None]:
    """The `data` of each server-sent event (WHATWG HTML, 9.2); several data lines are joined by newlines."""
    size, rest, parts = 0, b"", list[bytes]()
    async with aclosing(downloads.chunks(name, response)) as pieces:
        async for chunk in pieces:
            size += len(chunk)
            if size > most:
                raise EngineFailed("PEER_ANSWER_TOO_LARGE", engine=name, limit=most)
            *lines, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
            for line in lines:
                if line.startswith(b"data:"):
                    parts.append(line[5:].removeprefix(b" ").removesuffix(b"\r"))
                elif not line.removesuffix(b"\r") and parts:
                    yield b"\n".join(parts).decode(errors="replace")
                    parts = []
