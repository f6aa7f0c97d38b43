"""What a ComfyUI server tells about a job by itself, over its WebSocket. A hint: the server's answers are what counts."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from services.model_service.engines.remote import refusals

_log = structlog.get_logger(__name__)

_OPEN = 10.0
_PING_EVERY, _PING_ANSWERED = 20.0, 20.0
_LARGEST = 8 * 1024 * 1024
"""Bytes of a message: previews come as pictures."""
_HELD = 4
_ENDS = frozenset(("execution_success", "execution_error", "execution_interrupted"))


class _Connect(connect):
    """A connection to this address and no other: a redirect would carry the key wherever it points."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class Listener:
    """Progress of one job. `ready` is set once it listens, or cannot; `woken` by each sign that the job may have ended."""

    def __init__(self, nodes: int, report: Callable[[float], None]) -> None:
        self.ready = asyncio.Event()
        self.woken = asyncio.Event()
        self.listening = False
        self._nodes = max(nodes, 1)
        self._report = report
        self._done: set[str] = set()
        self._current: str | None = None
        self._furthest = 0.0

    async def run(self, name: str, base_url: str, token: str, headers: Mapping[str, str]) -> None:
        """Listen until the connection ends, for whatever reason; then the job is only asked after."""
        address = base_url.rstrip("/").replace("http", "ws", 1) + "/ws?" + urlencode({"clientId": token})
        try:
            async with _Connect(
                address,
                additional_headers=dict(headers),
                open_timeout=_OPEN,
                ping_interval=_PING_EVERY,
                ping_timeout=_PING_ANSWERED,
                close_timeout=1.0,
                max_size=_LARGEST,
                max_queue=_HELD,
            ) as socket:
                self.listening = True
                self.ready.set()
                async for message in socket:
                    if isinstance(message, str):
                        self._hear(message)
        except (OSError, TimeoutError, WebSocketException, ValueError, ArithmeticError) as error:
            _log.info("a server tells no more by itself; it is asked", engine=name, problem=str(error) or type(error).__name__)
        finally:
            self.listening = False
            self.ready.set()
            self.woken.set()

    def _hear(self, message: str) -> None:
        try:
            told = refusals.parsed(message.encode(errors="replace"))
        except ValueError:
            return
        data = told.get("data") if isinstance(told, Mapping) else None
        if not isinstance(data, Mapping):
            return
        self._take(str(told.get("type")), data)

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        """All that is told to this client is of its one job: the client's id is the job's token."""
        node = data.get("node")
        if kind in _ENDS or (kind == "executing" and node is None):
            self.woken.set()
        elif kind == "execution_cached" and isinstance(data.get("nodes"), list):
            self._done |= {str(cached) for cached in data["nodes"]}
            self._tell(0.0)
        elif kind == "executing":
            if self._current is not None:
                self._done.add(self._current)
            self._current = str(node)
            self._tell(0.0)
        elif kind == "progress":
            value, most = data.get("value"), data.get("max")
            if isinstance(value, int | float) and isinstance(most, int | float) and most > 0:
                self._tell(min(max(value, 0), most) / most)

    def _tell(self, share: float) -> None:
        self._furthest = max(self._furthest, min((len(self._done) + share) / self._nodes, 1.0))
        self._report(self._furthest)
