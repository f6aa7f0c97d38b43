"""A TCP proxy between the services and what they stand on, that drops, delays and cuts connections when told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK = 64 * 1024


class Proxy:
    """Forwards every connection to `port` on 127.0.0.1. Healthy until told otherwise."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._delay = 0.0
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.dropped = 0
        """Connections that were closed by `drop`."""

    def drop(self) -> None:
        """Close all connections, as a router that has forgotten them does."""
        for writer in list(self._writers):
            writer.transport.abort()
        self.dropped += len(self._writers) // 2

    def delay(self, seconds: float) -> None:
        """Hold every piece of data for so long, each way."""
        self._delay = seconds

    def cut(self) -> None:
        """Let nothing through, silently: connections stay open, and new ones are taken but not served."""
        self._open.clear()

    def heal(self) -> None:
        """Forward everything again, at once."""
        self._delay = 0.0
        self._open.set()

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator["Proxy"]:
        """Serve on 127.0.0.1 until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end has gone or the proxy goes."""
        task = asyncio.create_task(self._forward(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait((task,))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_writer = None
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._open.wait()
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writers.add(onward_writer)
            await asyncio.gather(self._pump(reader, onward_writer), self._pump(onward_reader, writer))
        for each in (writer, onward_writer):
            if each is not None:
                self._writers.discard(each)
                each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._open.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()  # either end gone is both ends gone: none of these protocols closes by halves
