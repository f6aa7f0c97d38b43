"""uvicorn, and gRPC beside it, with an end that is bounded: event streams and waits end at once, requests within their time."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.gateway.live import Hub
from services.gateway.rpc.server import RpcServer
from services.gateway.settings import GatewaySettings

_KEEP_ALIVE_SECONDS = 65
"""Longer than the minute that proxies keep idle connections, so that they close theirs first."""


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT; a second signal does not wait for requests. `rpc`, which has started, ends with it."""

    def __init__(self, app: FastAPI, hub: Hub, settings: GatewaySettings, rpc: RpcServer | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.gateway_host,
                port=settings.gateway_port,
                http="httptools",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=settings.gateway_shutdown_seconds,
            )
        )
        self._hub = hub
        self._rpc = rpc
        self._grace = settings.gateway_shutdown_seconds

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's own, but a signal is not raised again at the end: there is work to finish after the server."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        if self._rpc is None:
            await super().shutdown(sockets)
        else:
            await asyncio.gather(super().shutdown(sockets), self._rpc.stop(self._grace))


async def serve(server: Server, *beside: Coroutine[Any, Any, None]) -> None:
    """Serve until a signal; what runs beside is cancelled after it. Where that breaks, the server ends and its error is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in beside]
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.wait({serving, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        broken = [task for task in tasks if task.done()]
        server.should_exit = True
        await serving
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in broken:
        task.result()
