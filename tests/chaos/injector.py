"""Does to a stack what a plan says."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from services.adapters.kafka import messages
from services.core.model import OperationId
from tests.chaos.faults import Fault, Kind
from tests.chaos.history import History
from tests.chaos.proxy import Proxy
from tests.chaos.stack import Spec

_TOPIC = "storyreel.operations"
_BALLAST_BLOCK = bytes(64 * 1024)
_KAFKA_SECONDS = 3.0
_STOP_SECONDS = 30.0
"""Longer than any part's time to end in order."""
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault as it was done: wall-clock seconds, and why it was not ("" for as planned).

    Of a restart `ended` is when the part's process was gone, and `ending` how, in words.
    """

    fault: Fault
    began: float
    ended: float
    note: str = ""
    ending: str = ""


class Injector:
    """Knows where everything is. One fault at a time."""

    def __init__(self, spec: Spec, proxies: Mapping[str, Proxy], history: History, *, disk: bool, seed: int) -> None:
        self._spec = spec
        self._proxies = proxies
        self._history = history
        self._disk = disk
        self._chance = random.Random(seed)

    async def inject(self, fault: Fault) -> Injected:
        """Begin it, wait for its length, and take it back."""
        began = time.time()
        note = ending = ""
        match fault.kind:
            case Kind.KILL:
                note = self._signal(fault.part, signal.SIGKILL)
            case Kind.RESTART:
                note, ending = await self._restart(fault.part)
            case Kind.HANG:
                async with self._hung(fault.part) as note:
                    await asyncio.sleep(fault.seconds)
            case Kind.DROP:
                self._proxies[fault.part].drop()
            case Kind.DELAY | Kind.CUT:
                proxy = self._proxies[fault.part]
                if fault.kind is Kind.CUT:
                    proxy.cut()
                else:
                    proxy.delay(0.05)
                await asyncio.sleep(fault.seconds)
                proxy.heal()
            case Kind.DISK_FULL:
                with self._full_disk() as note:
                    await asyncio.sleep(fault.seconds)
            case Kind.DUPLICATE:
                note = await self._kafka(self._duplicate)
            case Kind.TOPIC:
                note = await self._kafka(self._recreate)
        return Injected(fault, began, time.time(), note, ending)

    def pid(self, part: str) -> int | None:
        """The part's process now; None between two."""
        pid: int | None = json.loads(self._spec.pids.read_text())["pids"].get(part)
        return pid

    def _signal(self, part: str, number: signal.Signals) -> str:
        pid = self.pid(part)
        try:
            if pid is None:
                return "it was being started"
            os.kill(pid, number)
        except ProcessLookupError:
            return "it was being started"
        return ""

    async def _restart(self, part: str) -> tuple[str, str]:
        """Returns a note, and how the process ended."""
        pid = self.pid(part)
        note = self._signal(part, signal.SIGTERM)
        if note:
            return note, ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                while True:
                    ended, ending = json.loads(self._spec.pids.read_text())["endings"].get(part, (None, ""))
                    if ended == pid:
                        return "", ending
                    await asyncio.sleep(_LOOK_SECONDS)
        return "", f"not ended after {_STOP_SECONDS:.0f} s"

    @asynccontextmanager
    async def _hung(self, part: str) -> AsyncIterator[str]:
        pid = self.pid(part)
        note = self._signal(part, signal.SIGSTOP)
        try:
            yield note
        finally:
            with contextlib.suppress(ProcessLookupError):
                if pid is not None and not note:
                    os.kill(pid, signal.SIGCONT)

    @contextmanager
    def _full_disk(self) -> Iterator[str]:
        if not self._disk:
            yield "no small disk could be mounted"
            return
        ballast = self._spec.media / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(_BALLAST_BLOCK)
        try:
            yield ""
        finally:
            ballast.unlink()

    async def _kafka(self, work: object) -> str:
        assert callable(work)
        try:
            async with asyncio.timeout(_KAFKA_SECONDS):
                await work()
        except (KafkaError, OSError, TimeoutError) as error:
            return f"the broker was away: {error!r}"
        return ""

    async def _duplicate(self) -> None:
        known = [*self._history.accepted, uuid4(), UUID(int=0)] * 2
        self._chance.shuffle(known)
        wakeups = [messages.encode_wakeup(OperationId(each)) for each in known[:400]] + [b"\xff no wake-up"]
        producer = AIOKafkaProducer(bootstrap_servers=self._servers, request_timeout_ms=2_000)
        await producer.start()
        try:
            for wakeup in wakeups:
                await producer.send(_TOPIC, wakeup)
            await producer.flush()
        finally:
            await producer.stop()

    async def _recreate(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers, request_timeout_ms=2_000)
        await admin.start()
        try:
            await admin.delete_topics([_TOPIC])
            await admin.create_topics([NewTopic(_TOPIC, self._chance.choice([1, 2, 3, 5]), 1)])
        finally:
            await admin.close()

    @property
    def _servers(self) -> str:
        return f"127.0.0.1:{self._spec.proxies['broker']}"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    """A file system of `size` at `folder`; False where this machine lets none be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = bool(mount and umount) and os.geteuid() == 0
    mounted = mounted and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run([umount or "", str(folder)], check=True)
