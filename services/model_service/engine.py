"""What an engine is: a synchronous maker of one kind of thing, run in a bounded executor and never on the event loop."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from services.core.model import Digest, Engine, Storyboard
from services.core.requests import Request

R_contra = TypeVar("R_contra", bound=Request, contravariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that an engine wrote into its job's folder."""

    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class Output:
    """What an engine made: files by part name, and JSON-like facts (`core.requests` says which each kind needs)."""

    files: Mapping[str, MadeFile] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


class Notes(Protocol):
    """What must be known of a job after a crash: one JSON document of its key, which outlives the process.

    A paid call is noted before it is sent, and the provider's id or answer right after, so that it is not sent again. They are
    emptied once what the job made is stored.
    """

    async def read(self) -> Mapping[str, Any] | None: ...

    async def write(self, facts: Mapping[str, Any]) -> None:
        """Durable once it returns. Raises ResourceExhausted STORAGE_FULL, Unavailable STORAGE_UNAVAILABLE."""


class Job(Protocol):
    """What an engine is given beside its request. Thread-safe."""

    @property
    def tenant(self) -> str:
        """For whom it is made: whoever shares a device takes turns. Empty when nobody said."""

    @property
    def folder(self) -> Path:
        """Scratch space of this job alone; removed after it."""

    def progress(self, fraction: float, stage: str = "") -> None:
        """Say how far it is, from 0 to 1. Raises Cancelled when nobody waits any more: call it at least every half second."""

    def storyboard(self, part: Storyboard) -> None:
        """Say what is written so far of the storyboard that is being made, so that its shots can be seen before it is finished.

        Each time all of it: the shots that are complete, from the first one on. One may be worded anew later; what `run` returns
        holds. Raises Cancelled when nobody waits any more.
        """

    def check(self) -> None:
        """Raises Cancelled when nobody waits any more."""

    def media(self, digest: Digest) -> Path:
        """A readable local file with the bytes of `digest` (do not write to it). Raises NotFound MEDIA_MISSING."""

    def keep(self, path: Path, content_type: str) -> Digest:
        """Put a file into the object store, for a provider to read it there by its digest.

        Raises ResourceExhausted STORAGE_FULL, Unavailable STORAGE_UNAVAILABLE.
        """

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the service's event loop, and return what it returns. For input and output: what computes stays in the thread.

        Raises what it raises; when nobody waits any more it is cancelled, and Cancelled raised.
        """

    @property
    def notes(self) -> Notes:
        """To be used on the event loop, within `wait`."""


class Generator(Protocol[R_contra]):
    """One engine for one kind of request. Constructing it is cheap; `load` reads weights and data."""

    @property
    def identity(self) -> Engine:
        """Who it is, and what it accepts. What it is given all the same it ignores, and says so in `meta["changed"]`."""

    def load(self) -> None:
        """Make ready to run, once, before the service says SERVING. Raises EngineFailed with what is missing and how to mend it."""

    def run(self, request: R_contra, job: Job) -> Output:
        """Make it. Raises the errors of `core.errors`; deterministic for equal requests."""
