"""What an engine is: a synchronous maker of one kind of thing, run in a bounded executor and never on the event loop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from services.core.model import Digest, Engine
from services.core.requests import Request

R_contra = TypeVar("R_contra", bound=Request, contravariant=True)


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


class Job(Protocol):
    """What an engine is given beside its request. Thread-safe."""

    @property
    def folder(self) -> Path:
        """Scratch space of this job alone; removed after it."""

    def progress(self, fraction: float, stage: str = "") -> None:
        """Say how far it is, from 0 to 1. Raises Cancelled when nobody waits any more: call it at least every half second."""

    def check(self) -> None:
        """Raises Cancelled when nobody waits any more."""

    def media(self, digest: Digest) -> Path:
        """A readable local file with the bytes of `digest` (do not write to it). Raises NotFound MEDIA_MISSING."""


class Generator(Protocol[R_contra]):
    """One engine for one kind of request. Constructing it is cheap; `load` reads weights and data."""

    @property
    def identity(self) -> Engine: ...

    def load(self) -> None:
        """Make ready to run, once, before the service says SERVING. Raises EngineFailed with what is missing and how to mend it."""

    def run(self, request: R_contra, job: Job) -> Output:
        """Make it. Raises the errors of `core.errors`; deterministic for equal requests."""
